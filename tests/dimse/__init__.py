"""Tests of the DIMSE receiver, by real associations."""

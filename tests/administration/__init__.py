"""Tests of the administration's pages."""

"""Tests of the ground floor: components and their gallery."""

"""Tests that go through every app: the access matrix, faults, races, prices of lists."""

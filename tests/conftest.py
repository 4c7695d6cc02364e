"""Fixtures for every test. The database, the browser and the network guard come from tests/plumbing."""

from tests.cast import cast

__all__ = ["cast"]

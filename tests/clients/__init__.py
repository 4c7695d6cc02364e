"""Clients that nobody here wrote, unmodified, each in an environment of its own, against a running server."""

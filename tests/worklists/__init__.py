"""Tests of worklists: rights, roles, members."""

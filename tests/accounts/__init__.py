"""Tests of accounts: people, invitations, sign-in, mail."""

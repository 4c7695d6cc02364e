"""The launcher: a private PostgreSQL and Valkey for bin/dev and bin/test. Standard library only."""

"""The rehearsal of an installation: the compose file started by a real engine, as docs/install.md says."""

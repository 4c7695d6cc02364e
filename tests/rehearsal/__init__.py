"""The rehearsal of an upgrade: data made by the release before, migrated by this one, and read by both."""

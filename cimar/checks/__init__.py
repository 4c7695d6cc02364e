"""Rules of this house that no linter knows; tests/cimar/test_house_checks.py tries each."""

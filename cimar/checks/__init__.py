"""Rules of this house that no linter knows; tests/test_house_checks.py tries each."""

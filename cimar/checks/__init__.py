"""Rules of this house that no linter knows. Each is a past or likely mistake, and tests/test_house_checks.py tries each."""

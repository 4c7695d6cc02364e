"""The tests; run them with bin/test."""

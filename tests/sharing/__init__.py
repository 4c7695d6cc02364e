"""Tests of sharing: the law, shares, their pages and mails."""

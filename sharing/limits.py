"""How much one press may carry."""

MOST_STUDIES = 500
MOST_TARGETS = 20
MOST_NOTE = 2000

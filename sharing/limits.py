"""How much one press may carry."""

MOST_STUDIES = 500
MOST_TARGETS = 20
MOST_NOTE = 2000

NOTE_TOO_LONG = f"A note can have at most {MOST_NOTE:,} characters. This one has {{:,}}."
TOO_MANY_STUDIES = f"You can share at most {MOST_STUDIES} studies at once. You selected {{:,}}."
ONE_WORKLIST = "Share the studies of one worklist at a time."

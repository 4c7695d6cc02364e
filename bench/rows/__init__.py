"""Each module measures some rows of the budget in one process on one database."""

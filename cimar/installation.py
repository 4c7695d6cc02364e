"""What every installation has: where its code is, how its database and roles are called, and how it names a problem."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# The two roles of every server, and what every database grants them.
ROLES_SQL = CHECKOUT / "cimar" / "sql" / "roles.sql"
DATABASE_SQL = CHECKOUT / "cimar" / "sql" / "database.sql"

DATABASE = "cimar"
OWNER_ROLE = "cimar_owner"
APP_ROLE = "cimar_app"
SUPERUSER = "postgres"


class Problem(Exception):
    """A problem that the operator has to solve; the text names it."""

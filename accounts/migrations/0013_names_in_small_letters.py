"""The indexes that kept names unique in small letters alone go."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_names_are_used_once")]
    atomic = False
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveConstraint("account", "an_account_name_is_used_once")],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS an_account_name_is_used_once",
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS an_account_name_is_used_once "
                    "ON accounts_account (lower(name))",
                )
            ],
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveConstraint("role", "a_role_name_is_used_once_in_an_account")],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS a_role_name_is_used_once_in_an_account",
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_role_name_is_used_once_in_an_account "
                    "ON accounts_role (lower(name), account_id)",
                )
            ],
        ),
    ]

"""The indexes that kept names unique in small letters alone go."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklists", "0010_names_are_used_once")]
    atomic = False
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveConstraint("worklist", "a_worklist_name_is_used_once_in_an_account")],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS a_worklist_name_is_used_once_in_an_account",
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_worklist_name_is_used_once_in_an_account "
                    "ON worklists_worklist (lower(name), account_id, kind) WHERE NOT kind = 'personal'",
                )
            ],
        ),
    ]

"""Finds the renames of the people in a trail; built beside the traffic, and empty: the action is new."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0011_the_time_is_the_databases")]
    atomic = False
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS audit_of_new_names", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                fields=["by_id"],
                name="audit_of_new_names",
                condition=models.Q(action="account:user:rename", account_id__isnull=True),
            ),
        ),
    ]

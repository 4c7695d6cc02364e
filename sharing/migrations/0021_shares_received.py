"""Shared with me: the shares of one worklist, newest first, are one range of an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0020_shares_taken_over")]

    atomic = False
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS shares_received", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "share", models.Index(fields=["to_worklist", "-id"], name="shares_received")
        )
    ]

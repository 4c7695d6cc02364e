"""The urgent shares that hold studies on a worklist are found by an index, built beside the traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0028_urgent_shares_checked")]
    atomic = False
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS shares_urgent_on_a_worklist", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "share",
            models.Index(
                fields=["to_worklist", "study"],
                name="shares_urgent_on_a_worklist",
                condition=models.Q(ended_at=None, open_by__isnull=False),
            ),
        ),
    ]

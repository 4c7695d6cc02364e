"""What an approver wrote to the sharer, and the lists of what waits and was decided; indexes are built beside the traffic.

The column has a constant default: no row is written.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES = {
    "shares_to_decide": models.Q(ended_at=None, approved_at=None, to_worklist__isnull=False),
    "shares_decided": models.Q(approved_by__isnull=False) | models.Q(end_reason="declined"),
}


class Migration(migrations.Migration):
    dependencies = [("sharing", "0016_notices_for_the_daily_mail")]
    atomic = False
    operations = [
        migrations.AddField(
            model_name="share",
            name="decision_note",
            field=models.TextField(blank=True, db_default="", default="", max_length=2000),
        ),
        *(
            operation
            for name, condition in INDEXES.items()
            for operation in (
                migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop),
                AddIndexConcurrently(
                    "share", models.Index(fields=["to_worklist", "-id"], name=name, condition=condition)
                ),
            )
        ),
    ]

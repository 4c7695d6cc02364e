"""The constraints of urgent shares are true of every share; the index of what is due is built beside the traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0027_urgent_shares")]
    atomic = False
    operations = [
        ValidateConstraint("share", "an_urgent_share_is_opened_after_it_is_made_and_before_it_ends"),
        ValidateConstraint("share", "only_an_urgent_share_is_escalated"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS shares_to_escalate", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "share",
            models.Index(
                fields=["escalate_at"],
                name="shares_to_escalate",
                condition=models.Q(ended_at=None, escalate_at__isnull=False),
            ),
        ),
    ]

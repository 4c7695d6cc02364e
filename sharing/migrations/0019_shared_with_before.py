"""Whether an organisation shared with a worklist or an email before; each index is built beside the traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0018_more_time")]

    atomic = False
    operations = [
        AddIndexConcurrently(
            "share", models.Index(fields=["to_worklist", "from_worklist"], name="shares_between_worklists")
        ),
        AddIndexConcurrently(
            "share",
            models.Index(
                fields=["email", "from_worklist"],
                name="shares_by_email",
                condition=models.Q(("method", "email")),
            ),
        ),
    ]

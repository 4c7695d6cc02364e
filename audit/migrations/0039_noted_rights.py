"""An index of the events that note roles and memberships: the first says since when the trail has them.

It is built beside the traffic.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0038_urgent_shares")]

    atomic = False
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS audit_of_noted_rights", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                fields=["id"],
                name="audit_of_noted_rights",
                condition=models.Q(action="account:rights:note"),
            ),
        ),
    ]

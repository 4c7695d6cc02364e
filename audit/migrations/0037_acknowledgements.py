"""Which studies were acknowledged on which worklist, without their other events; built beside the traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0036_saved_recipient_lists")]

    atomic = False
    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS audit_of_acknowledgements", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            "auditevent",
            models.Index(
                fields=["worklist_id", "study_id"],
                name="audit_of_acknowledgements",
                condition=models.Q(action="study:share:acknowledge"),
            ),
        ),
    ]

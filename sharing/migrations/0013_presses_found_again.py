"""Finds the shares of a press, however many there are; built beside the traffic. Shares can end undone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0012_notices")]
    atomic = False
    operations = [
        migrations.AlterField(
            model_name="share",
            name="end_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("ended", "ended by a person"),
                    ("expired", "reached its end date"),
                    ("unreachable", "because an earlier share ended"),
                    ("removed", "removed from the worklist"),
                    ("declined", "declined"),
                    ("study_deleted", "the study was deleted"),
                    ("left", "the person left the account"),
                    ("withdrawn", "the invitation was withdrawn"),
                    ("undone", "undone right after sharing"),
                    ("duplicate", "not needed: the person already had the study"),
                    ("moved", "the original was moved to the worklist"),
                    ("refused", "no longer allowed when the person registered"),
                ],
                db_default="",
                default="",
                max_length=20,
            ),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS shares_of_a_press", migrations.RunSQL.noop),
        AddIndexConcurrently("share", models.Index(fields=["press"], name="shares_of_a_press")),
    ]

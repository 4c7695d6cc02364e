"""Foreign keys whose index another one begins with, or that nobody searches by: each cost every share a write.

The indexes alone go, beside reading and writing: altered as fields, the foreign keys would be dropped and made again, which
reads every row under a lock (6 seconds at two million shares).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INDEXES = {
    "sharing_share_account_id_0e129bb8": "account_id",
    "sharing_share_approved_by_id_440909b1": "approved_by_id",
    "sharing_share_ended_by_id_7f2b01e5": "ended_by_id",
    "sharing_share_invitation_id_5e785f02": "invitation_id",
    "sharing_share_shared_by_id_1d5e8b9f": "shared_by_id",
    "sharing_share_study_id_5dfa8509": "study_id",
    "sharing_share_to_worklist_id_84511fb1": "to_worklist_id",
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_tally"),
        ("sharing", "0004_share_address"),
        ("studies", "0006_search_by_modality"),
        ("worklists", "0006_lapsed_offers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    atomic = False
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON sharing_share ({column})",
                )
                for name, column in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="share",
                    name="account",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="accounts.account",
                    ),
                ),
                migrations.AlterField(
                    model_name="share",
                    name="approved_by",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares_approved",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="share",
                    name="ended_by",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares_ended",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="share",
                    name="invitation",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="accounts.invitation",
                    ),
                ),
                migrations.AlterField(
                    model_name="share",
                    name="shared_by",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="share",
                    name="study",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="studies.study",
                    ),
                ),
                migrations.AlterField(
                    model_name="share",
                    name="to_worklist",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares_to",
                        to="worklists.worklist",
                    ),
                ),
            ],
        )
    ]

"""Foreign keys whose index another one begins with, or that nobody searches by: each cost every share a write.

The indexes alone go, beside reading and writing: altered as fields, the foreign keys would be dropped and made again, which
reads every row under a lock (6 seconds at two million shares).
"""

from django.conf import settings
from django.db import migrations, models

# The field, its index, whom it names, by what name that finds it, and whether it may be empty.
KEYS = [
    ("account", "sharing_share_account_id_0e129bb8", "accounts.Account", "shares", True),
    ("approved_by", "sharing_share_approved_by_id_440909b1", settings.AUTH_USER_MODEL, "shares_approved", True),
    ("ended_by", "sharing_share_ended_by_id_7f2b01e5", settings.AUTH_USER_MODEL, "shares_ended", True),
    ("invitation", "sharing_share_invitation_id_5e785f02", "accounts.Invitation", "shares", True),
    ("shared_by", "sharing_share_shared_by_id_1d5e8b9f", settings.AUTH_USER_MODEL, "shares_made", False),
    ("study", "sharing_share_study_id_5dfa8509", "studies.Study", "shares", False),
    ("to_worklist", "sharing_share_to_worklist_id_84511fb1", "worklists.Worklist", "shares_to", True),
]


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
                    f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON sharing_share ({name}_id)",
                )
                for name, index, *_ in KEYS
            ],
            state_operations=[
                migrations.AlterField(
                    "share",
                    name,
                    models.ForeignKey(to, models.PROTECT, related_name=found_by, null=null, db_index=False),
                )
                for name, _, to, found_by, null in KEYS
            ],
        )
    ]

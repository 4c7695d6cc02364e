"""A guest link is served images without a user; an upload keeps the IP address it came from.

Only guests' rows get the new index: it is empty when it is built, and it is built beside the traffic.
"""

from django.conf import settings
from django.db import migrations, models

INDEX = "images_served_is_noted_once_a_guests_session"


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0008_plainer_preview_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    atomic = False
    operations = [
        migrations.AddField("upload", "ip_address", models.GenericIPAddressField(null=True)),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE studies_imagesserved ALTER COLUMN user_id DROP NOT NULL",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {INDEX} "
                    "ON studies_imagesserved (placement_uuid, session_hash) WHERE user_id IS NULL",
                    f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}",
                ),
            ],
            state_operations=[
                migrations.AlterField(
                    "imagesserved",
                    "user",
                    models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+"),
                ),
                migrations.AddConstraint(
                    "imagesserved",
                    models.UniqueConstraint(
                        fields=["placement_uuid", "session_hash"], name=INDEX, condition=models.Q(user=None)
                    ),
                ),
            ],
        ),
    ]

"""Shared by me, filtered: the shares of a person that have not ended are one range of an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("sharing", "0022_new_urls_of_guest_links")]

    atomic = False
    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS shares_made_by_not_ended", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            "share",
            models.Index(
                fields=["shared_by", "-id"], name="shares_made_by_not_ended", condition=Q(ended_at=None)
            ),
        ),
    ]

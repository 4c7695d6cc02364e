"""The notices that the next daily mail takes along are found by an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("sharing", "0015_warnings_and_daily_mails")]
    operations = [
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("digest", None), ("read_at", None), ("time", "daily")),
                fields=["user"],
                name="notices_for_the_daily_mail",
            ),
        ),
    ]

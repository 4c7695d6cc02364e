"""The name of a worklist is unique in its account and kind as it reads."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("worklists", "0009_names_as_they_read")]
    operations = [
        migrations.AddConstraint(
            "worklist",
            models.UniqueConstraint(
                fields=["account", "kind", "identity"],
                condition=~Q(identity=""),
                name="a_worklist_name_is_used_once_in_an_account_as_it_reads",
            ),
        ),
    ]

"""The name of an account, and of a role in its account, is unique as it reads."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_names_as_they_read")]
    operations = [
        migrations.AddConstraint(
            "account",
            models.UniqueConstraint(
                fields=["identity"],
                condition=~Q(identity=""),
                name="an_account_name_is_used_once_as_it_reads",
            ),
        ),
        migrations.AddConstraint(
            "role",
            models.UniqueConstraint(
                fields=["account", "identity"],
                condition=~Q(identity=""),
                name="a_role_name_is_used_once_in_an_account_as_it_reads",
            ),
        ),
    ]

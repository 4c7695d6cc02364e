"""The platform confirms the name of an account and its change, and knows its domain and town.

No name that stands counts as confirmed: an account could have changed it by itself.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_names_in_small_letters")]
    operations = [
        migrations.AddField(
            "account", "domain", models.CharField(blank=True, db_default="", max_length=253)
        ),
        migrations.AddField(
            "account", "name_asked_for", models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.AddField("account", "name_confirmed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("account", "town", models.CharField(blank=True, db_default="", max_length=100)),
    ]

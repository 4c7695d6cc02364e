"""Whom an account's members ask for help. The column has a constant default: no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_identity_providers")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="contact",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]

"""Names of accounts and roles as they are compared; the next migrations fill them and keep them unique."""

from django.db import migrations

from common.names import IdentityField


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_emails_as_they_read")]
    operations = [
        migrations.AddField("account", "identity", IdentityField(of="name")),
        migrations.AddField("role", "identity", IdentityField(of="name")),
    ]

"""The permission to view an account's register of shares and its trails."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_guest_links_live_as_policies_say")]

    operations = [
        migrations.AlterModelOptions(
            name="account",
            options={
                "permissions": [
                    ("administer_account", "Account: Administer"),
                    ("audit_account", "Account: View the register of shares and the audit trail"),
                ]
            },
        ),
    ]

"""Names that two accounts, or two roles of an account, share as they read: the younger gets a number, which the audit trail records."""

from django.db import migrations

from common.names import fill_identities


def fill(apps, schema_editor):
    event = apps.get_model("audit", "AuditEvent")
    for account, was in fill_identities(apps.get_model("accounts", "Account")):
        event.objects.create(
            action="account:account:change",
            by_label="CIMAR",
            account_id=account.pk,
            account_label=account.name,
            detail={"was": {"name": was}, "now": {"name": account.name}},
        )
    for role, was in fill_identities(apps.get_model("accounts", "Role"), "account_id"):
        event.objects.create(
            action="account:role:change",
            by_label="CIMAR",
            account_id=role.account_id,
            account_label=role.account.name if role.account is not None else "",
            detail={"role_id": role.pk, "role": role.name, "was_named": was},
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_identity_of_names"),
        ("audit", "0009_refusal_bursts"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

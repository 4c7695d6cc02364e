"""Names that two worklists of an account share as they read: the younger gets a number, which the audit trail records."""

from django.db import migrations

from common.names import fill_identities


def fill(apps, schema_editor):
    event = apps.get_model("audit", "AuditEvent")
    for worklist, was in fill_identities(apps.get_model("worklists", "Worklist"), "account_id", "kind"):
        event.objects.create(
            action="worklist:worklist:change",
            by_label="CIMAR",
            account_id=worklist.account_id,
            account_label=worklist.account.name,
            worklist_id=worklist.pk,
            worklist_label=worklist.name,
            detail={"name": worklist.name, "was_named": was},
        )


class Migration(migrations.Migration):
    dependencies = [
        ("worklists", "0008_identity_of_names"),
        ("accounts", "0011_names_as_they_read"),
        ("audit", "0009_refusal_bursts"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

"""Emails with characters beyond ASCII get the form in which emails are compared from now on.

These are few. An email that would then be another person's is left as it is: a person has to decide about it.
"""

from django.db import migrations

from common.text import identity

TABLES = [("accounts", "User"), ("accounts", "Invitation"), ("account", "EmailAddress")]


def fold(apps, schema_editor):
    for app, name in TABLES:
        model = apps.get_model(app, name)
        for row in model.objects.filter(email__regex="[^ -~]").order_by("pk"):
            email = identity(row.email)
            if email != row.email and not model.objects.filter(email__iexact=email).exists():
                model.objects.filter(pk=row.pk).update(email=email)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_email_of_an_invitation"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]

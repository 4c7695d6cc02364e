"""Fills the word for mails that were dropped before there was one, in batches; it may be stopped and run again."""

from django.db import migrations
from django.db.models import Max

BATCH = 20_000
# As the releases before wrote it. Any other reason came from the mail's own text: there was nothing left to send.
WORDS = {
    "It was no longer good when its turn came.": "late",
    "The mail server did not take it for three days.": "given_up",
}


def fill(apps, schema_editor):
    mails = apps.get_model("accounts", "OutboxMail").objects
    last = mails.aggregate(last=Max("pk"))["last"] or 0
    for first in range(0, last + 1, BATCH):
        batch = mails.filter(pk__gte=first, pk__lt=first + BATCH, dropped_at__isnull=False, dropped_as="")
        for because, word in WORDS.items():
            batch.filter(dropped_because=because).update(dropped_as=word)
        batch.update(dropped_as="nothing")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0006_how_a_mail_was_dropped")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

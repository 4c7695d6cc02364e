"""A dropped mail says how it was dropped in a word that statements can compare; the sentence is for people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_tally")]
    operations = [
        migrations.AddField(
            model_name="outboxmail",
            name="dropped_as",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nothing", "there was nothing left to send"),
                    ("late", "it was no longer good when its turn came"),
                    ("given_up", "the mail server did not take it for three days"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
    ]

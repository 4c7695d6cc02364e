"""How a mail was dropped: also because it was taken back before it left."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_preset_life_of_guest_links")]
    operations = [
        migrations.AlterField(
            model_name="outboxmail",
            name="dropped_as",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nothing", "there was nothing left to send"),
                    ("late", "it was no longer good when its turn came"),
                    ("taken_back", "it was taken back before it left"),
                    ("given_up", "the mail server did not take it for three days"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        )
    ]

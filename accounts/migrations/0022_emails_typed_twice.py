from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_mails_taken_back")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="types_emails_twice",
            field=models.BooleanField(db_default=False, default=False),
        )
    ]

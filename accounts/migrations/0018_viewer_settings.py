"""What an account says of the viewer. The columns are empty or have a constant default: no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0017_account_contact")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="primary_diagnosis_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="primary_diagnosis_text",
            field=models.CharField(blank=True, db_default="", default="", max_length=1000),
        ),
        migrations.AddField(
            model_name="account",
            name="blanks_images",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]

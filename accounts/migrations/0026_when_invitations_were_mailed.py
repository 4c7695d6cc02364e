from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0025_audit_account")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="mailed_at",
            field=models.DateTimeField(null=True),
        ),
    ]

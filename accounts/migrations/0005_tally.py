"""What is counted, such as the email addresses that a person names within an hour."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_invited_by_the_platform")]
    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
        ),
    ]

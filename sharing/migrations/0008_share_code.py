"""A share by code keeps the code. The column has a constant default: no row is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0007_email")]

    operations = [
        migrations.AddField(
            model_name="share",
            name="code",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
    ]

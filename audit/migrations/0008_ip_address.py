"""The field is called what it holds; the column keeps its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_plainer_action_labels")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("auditevent", "address", "ip_address"),
                migrations.AlterField(
                    "auditevent", "ip_address", models.GenericIPAddressField(db_column="address", null=True)
                ),
            ]
        )
    ]

"""The field is called what it holds; the column and its constraint keep their names."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_plainer_end_reasons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(
                    "share", "an_email_share_keeps_its_address_and_no_other_has_one"
                ),
                migrations.RenameField("share", "address", "email"),
                migrations.AlterField(
                    "share",
                    "email",
                    models.EmailField(
                        blank=True, db_column="address", db_default="", default="", max_length=254
                    ),
                ),
                migrations.AddConstraint(
                    "share",
                    models.CheckConstraint(
                        name="an_email_share_keeps_its_address_and_no_other_has_one",
                        condition=(Q(method="email") & ~Q(email="")) | (~Q(method="email") & Q(email="")),
                    ),
                ),
            ]
        )
    ]

"""The field of an invitation is called what it holds; the column, its constraints and its index keep their names."""

from django.db import migrations, models
from django.db.models import Q

OF_AN_ACCOUNT = "one_live_invitation_for_an_account_and_address"
OF_A_USER = "one_live_invitation_for_a_user_and_address"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_how_old_mails_were_dropped")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("invitation", OF_AN_ACCOUNT),
                migrations.RemoveConstraint("invitation", OF_A_USER),
                migrations.RemoveIndex("invitation", "invitation_by_address"),
                migrations.RenameField("invitation", "address", "email"),
                migrations.AlterField(
                    "invitation", "email", models.EmailField(db_column="address", max_length=254)
                ),
                migrations.AddConstraint(
                    "invitation",
                    models.UniqueConstraint(
                        fields=["account", "email"],
                        name=OF_AN_ACCOUNT,
                        condition=Q(account__isnull=False, withdrawn_at=None, accepted_at=None),
                    ),
                ),
                migrations.AddConstraint(
                    "invitation",
                    models.UniqueConstraint(
                        fields=["by_user", "email"],
                        name=OF_A_USER,
                        condition=Q(by_user__isnull=False, withdrawn_at=None, accepted_at=None),
                    ),
                ),
                migrations.AddIndex(
                    "invitation", models.Index(fields=["email"], name="invitation_by_address")
                ),
            ]
        )
    ]

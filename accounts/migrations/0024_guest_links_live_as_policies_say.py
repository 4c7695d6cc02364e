from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_lives_of_guest_links"),
    ]

    operations = [
        # The columns stay in the database, with their defaults, until a later release: the one before reads them.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("account", "a_guest_link_lives_1_to_365_days"),
                migrations.RemoveConstraint("account", "a_guest_link_is_preset_to_1_to_365_days"),
                migrations.RemoveField("account", "guest_link_days"),
                migrations.RemoveField("account", "guest_link_preset_days"),
            ],
        ),
        migrations.AddConstraint(
            "lifepolicy",
            models.CheckConstraint(
                name="a_guest_link_lives_365_days_at_most",
                condition=~models.Q(method="guest_link")
                | (
                    (models.Q(preset_days=None) | models.Q(preset_days__lte=365))
                    & (models.Q(longest_days=None) | models.Q(longest_days__lte=365))
                ),
            ),
        ),
    ]

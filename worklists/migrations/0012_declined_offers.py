from django.db import migrations, models

NAME = "an_invited_membership_waits_with_a_role_or_has_ended"
OUTCOMES = [
    ("accepted", "Accepted"),
    ("withdrawn", "Withdrawn"),
    ("declined", "Declined"),
    ("lapsed", "Lapsed"),
]
WAITS = models.Q(("ended_at", None), ("outcome", ""), ("role__isnull", False))
ENDED = models.Q(
    ("ended_at__isnull", False),
    ("outcome__in", ["accepted", "withdrawn", "declined", "lapsed"]),
    ("role", None),
)


class Migration(migrations.Migration):
    """An offered membership may be declined; a few rows for each person who was ever invited, so this is short."""

    dependencies = [
        ("worklists", "0011_names_in_small_letters"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="invitedmembership", name=NAME),
        migrations.AlterField(
            model_name="invitedmembership",
            name="outcome",
            field=models.CharField(
                blank=True, choices=OUTCOMES, db_default="", default="", max_length=10
            ),
        ),
        migrations.AddConstraint(
            model_name="invitedmembership",
            constraint=models.CheckConstraint(condition=WAITS | ENDED, name=NAME),
        ),
    ]

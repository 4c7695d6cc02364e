"""How long shares and guest links of an account last, by method: the preset and the longest life."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from accounts.models.account import Account

LONGEST_DAYS = 3650
# A guest link always ends: what counts where an account says nothing, and what no account may exceed.
GUEST_LINK_PRESET_DAYS, GUEST_LINK_LONGEST_DAYS, GUEST_LINK_MOST_DAYS = 7, 30, 365


class LifePolicy(models.Model):
    """A row for each method for which an account says something; an empty number says nothing."""

    class Method(models.TextChoices):
        LOCATION = "location", gettext_lazy("Location")
        GROUP = "group", gettext_lazy("Group")
        PHYSICIAN = "physician", gettext_lazy("Physician")
        CODE = "code", gettext_lazy("Share Code")
        EMAIL = "email", gettext_lazy("Email")
        GUEST_LINK = "guest_link", gettext_lazy("Guest link")

    account = models.ForeignKey(Account, models.CASCADE, related_name="life_policies")
    method = models.CharField(max_length=20, choices=Method)
    preset_days = models.PositiveSmallIntegerField(null=True, blank=True)
    longest_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "method"], name="an_account_has_a_life_policy_for_a_method_once"
            ),
            models.CheckConstraint(
                name="a_life_lasts_1_to_3650_days",
                condition=(Q(preset_days=None) | Q(preset_days__range=(1, LONGEST_DAYS)))
                & (Q(longest_days=None) | Q(longest_days__range=(1, LONGEST_DAYS))),
            ),
            models.CheckConstraint(
                name="a_preset_life_is_within_the_longest",
                condition=Q(preset_days=None) | Q(longest_days=None) | Q(preset_days__lte=F("longest_days")),
            ),
            models.CheckConstraint(
                name="a_guest_link_lives_365_days_at_most",
                condition=~Q(method="guest_link")
                | (
                    (Q(preset_days=None) | Q(preset_days__lte=GUEST_LINK_MOST_DAYS))
                    & (Q(longest_days=None) | Q(longest_days__lte=GUEST_LINK_MOST_DAYS))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"life policy {self.pk}"

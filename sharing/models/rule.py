"""A rule of an account: whether its members may share from somewhere, in some way, with someone."""

from django.db import models
from django.db.models import Deferrable, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy

from sharing.models.share import Method

LONGEST_REASON = 200


class ShareRule(models.Model):
    """What an account allows or forbids. An empty part of a rule says nothing: the rule fits whatever it is.

    The rules of an account are read by `position`; the first that fits decides (`sharing.rules`). `account` is whose
    rule it is, `to_account` whom it names.
    """

    class Way(models.TextChoices):
        LOCATION = Method.LOCATION.value, Method.LOCATION.label
        GROUP = Method.GROUP.value, Method.GROUP.label
        PHYSICIAN = Method.PHYSICIAN.value, Method.PHYSICIAN.label
        CODE = Method.CODE.value, Method.CODE.label
        EMAIL = Method.EMAIL.value, Method.EMAIL.label
        GUEST_LINK = "guest_link", gettext_lazy("Guest link")

    class Kind(models.TextChoices):
        LOCATION = "location", gettext_lazy("Locations")
        GROUP = "group", gettext_lazy("Groups")
        PERSONAL = "personal", gettext_lazy("Personal worklists of physicians")

    class To(models.TextChoices):
        ANYONE = "anyone", gettext_lazy("Anyone")
        INSIDE = "inside", gettext_lazy("Anyone in this account")
        OUTSIDE = "outside", gettext_lazy("Anyone outside this account")
        WORKLIST = "worklist", gettext_lazy("One worklist of this account")
        ACCOUNT = "account", gettext_lazy("Another account")
        DOMAIN = "domain", gettext_lazy("Email addresses of one domain")

    account = models.ForeignKey(
        "accounts.Account", models.CASCADE, related_name="share_rules", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    allows = models.BooleanField()
    from_worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, null=True, blank=True, related_name="+"
    )
    from_kind = models.CharField(max_length=10, choices=Kind, blank=True, default="", db_default="")
    method = models.CharField(max_length=10, choices=Way, blank=True, default="", db_default="")
    to = models.CharField(max_length=10, choices=To, default=To.ANYONE, db_default=To.ANYONE.value)
    to_kind = models.CharField(max_length=10, choices=Kind, blank=True, default="", db_default="")
    to_worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, null=True, blank=True, related_name="+"
    )
    to_account = models.ForeignKey(
        "accounts.Account", models.CASCADE, null=True, blank=True, related_name="+"
    )
    to_domain = models.CharField(max_length=253, blank=True, default="", db_default="")
    reason = models.CharField(max_length=LONGEST_REASON, blank=True, default="", db_default="")

    class Meta:
        ordering = ["account", "position"]
        constraints = [
            # Looked at when the transaction ends: rules change places within it.
            models.UniqueConstraint(
                fields=["account", "position"],
                name="share_rules_of_an_account_have_an_order",
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="a_share_rule_is_from_a_worklist_or_a_kind",
                condition=Q(from_worklist=None) | Q(from_kind=""),
            ),
            models.CheckConstraint(
                name="a_share_rule_names_whom_it_is_to",
                condition=(
                    Q(to="worklist") & Q(to_worklist__isnull=False) | ~Q(to="worklist") & Q(to_worklist=None)
                )
                & (Q(to="account") & Q(to_account__isnull=False) | ~Q(to="account") & Q(to_account=None))
                & (Q(to="domain") & ~Q(to_domain="") | ~Q(to="domain") & Q(to_domain="")),
            ),
            models.CheckConstraint(
                name="a_share_rule_to_one_worklist_or_domain_names_no_kind",
                condition=~Q(to__in=["worklist", "domain"]) | Q(to_kind=""),
            ),
            models.CheckConstraint(
                name="the_reason_of_a_share_rule_has_at_most_200_characters",
                condition=LessThanOrEqual(Length("reason"), LONGEST_REASON),
            ),
        ]

    def __str__(self) -> str:
        return f"share rule {self.pk}"

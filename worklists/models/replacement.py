"""A role takes the place of another for all people who have it."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from audit.actor import OPERATOR, Actor


class RoleReplacementQuerySet(models.QuerySet["RoleReplacement"]):
    def running(self) -> Self:
        """Those the worker has not finished."""
        return self.filter(ended_at=None)

    def without_rows(self) -> Self:
        """For pages: which rows it is about may be tens of thousands of keys."""
        return self.defer("members", "places", "defaults")


class RoleReplacement(models.Model):
    """How far it is: some rows at a time are given the other role, then the groups follow, some worklists at a time.

    Until it ends the replaced role has only what both roles allow: the view `worklists_role_right` takes away the rest.
    Both roles are of `account`, which composite foreign keys keep (see the migration).
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="role_replacements")
    role = models.ForeignKey("accounts.Role", models.CASCADE, related_name="replaced_by")
    other = models.ForeignKey("accounts.Role", models.CASCADE, related_name="replacing")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    # Who pressed, from where, and as which role: the worker's changes are recorded as theirs. Empty for a command.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ip_address = models.GenericIPAddressField(null=True)
    role_label = models.CharField(max_length=200, default="", db_default="")
    # What had the role at that moment, by key: members of the account and of worklists, and worklists' default roles.
    members = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    places = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    defaults = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    n_rows = models.PositiveIntegerField(default=0, db_default=0)
    # How many of these rows were dealt with, in the order above.
    n_moved = models.PositiveIntegerField(default=0, db_default=0)
    n_worklists = models.PositiveIntegerField()
    n_done = models.PositiveIntegerField(default=0, db_default=0)
    # The key of the last worklist whose groups have followed.
    reached = models.BigIntegerField(default=0, db_default=0)

    objects = RoleReplacementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(ended_at=None),
                name="one_role_at_a_time_is_replaced_in_an_account",
            ),
            models.CheckConstraint(
                name="a_role_is_not_replaced_by_itself",
                condition=~Q(role=F("other")),
            ),
            models.CheckConstraint(
                name="a_replacement_ends_after_all_its_rows",
                condition=Q(ended_at=None) | Q(n_moved__gte=F("n_rows")),
            ),
        ]

    def __str__(self) -> str:
        return f"role replacement {self.pk}"

    @property
    def actor(self) -> Actor:
        """Who pressed, or the operator."""
        return Actor.of(self.by, self.ip_address) if self.by is not None else OPERATOR

"""A role takes the place of another for all people who have it."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class RoleReplacementQuerySet(models.QuerySet["RoleReplacement"]):
    def running(self) -> Self:
        """Those the worker has not finished."""
        return self.filter(ended_at=None)


class RoleReplacement(models.Model):
    """How far it is: the rows have the other role from the first moment, the groups follow some worklists at a time.

    Until it ends the replaced role's groups carry only what both roles allow. Both roles are of `account`, which
    composite foreign keys keep (see the migration).
    """

    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="role_replacements")
    role = models.ForeignKey("accounts.Role", models.CASCADE, related_name="replaced_by")
    other = models.ForeignKey("accounts.Role", models.CASCADE, related_name="replacing")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"role replacement {self.pk}"

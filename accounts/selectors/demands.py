"""What a person's accounts demand of their sign-in, read in the statement that reads the person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from accounts.models import AccountMembership, User


@dataclass(frozen=True)
class Demands:
    """As they stand at `at`, by the database's clock."""

    at: datetime
    idle: timedelta
    has_factor: bool
    # The earliest date of those accounts that require a second factor, and whose it is.
    factor_from: datetime | None = None
    factor_account: str = ""

    @property
    def factor_is_missing(self) -> bool:
        return self.factor_from is not None and not self.has_factor

    @property
    def factor_is_required(self) -> bool:
        return self.factor_from is not None and self.factor_from <= self.at

    @property
    def factor_is_overdue(self) -> bool:
        return self.factor_is_required and not self.has_factor

    @property
    def sentence(self) -> str:
        return f"{self.factor_account} requires a second factor. Set one up to go on."


def session_user(user_id: int) -> User | None:
    """The person a session belongs to, with the demands on them, in one statement."""
    return _with_demands().filter(pk=user_id).first()


def demands_on(user: User) -> Demands:
    """Asks nothing where `session_user` has read the person."""
    read: Any = user if hasattr(user, "asked_at") else _with_demands().get(pk=user.pk)
    return Demands(
        at=read.asked_at,
        idle=timedelta(minutes=read.shortest_idle or settings.CIMAR_IDLE_MINUTES),
        has_factor=read.has_factor,
        factor_from=read.factor_from,
        factor_account=read.factor_account or "",
    )


def _with_demands() -> QuerySet[User]:
    memberships = AccountMembership.objects.filter(user=OuterRef("pk"), active=True).order_by()
    # An account that says nothing means the platform's minutes, and the shortest counts.
    idle = memberships.values("user").annotate(
        minutes=Min(Coalesce("account__idle_minutes", settings.CIMAR_IDLE_MINUTES))
    )
    requiring = memberships.filter(account__second_factor_from__isnull=False).order_by(
        "account__second_factor_from", "account_id"
    )
    factors = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return User.objects.annotate(
        asked_at=Now(),
        shortest_idle=Subquery(idle.values("minutes")),
        has_factor=Exists(factors),
        factor_from=Subquery(requiring.values("account__second_factor_from")[:1]),
        factor_account=Subquery(requiring.values("account__name")[:1]),
    )

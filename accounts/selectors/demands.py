"""The demands of a person's accounts and of the platform on their sign-in, read in one statement with the person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import AccountMembership, User
from common import prepared

# Written by hand and prepared: it runs on every request, and composing and planning it takes longer than running it.
# An account without idle minutes has the platform's; the shortest of them counts.
_FIELDS = User._meta.concrete_fields
_MORE = ("asked_at", "shortest_idle", "has_factor", "sees_register", "factor_from", "factor_account")
_WITH_DEMANDS = f"""
SELECT {", ".join(f"person.{field.column}" for field in _FIELDS)}, statement_timestamp() AS asked_at,
    (SELECT min(coalesce(account.idle_minutes, %(idle)s))
        FROM accounts_accountmembership AS member JOIN accounts_account AS account ON account.id = member.account_id
        WHERE member.user_id = person.id AND member.active) AS shortest_idle,
    EXISTS (SELECT FROM mfa_authenticator AS factor
        WHERE factor.user_id = person.id AND factor.type <> %(no_factor)s) AS has_factor,
    EXISTS (SELECT FROM accounts_accountmembership AS member
        JOIN accounts_role_permissions AS ticked ON ticked.role_id = member.role_id
        JOIN auth_permission AS permission ON permission.id = ticked.permission_id
        WHERE member.user_id = person.id AND member.active
            AND permission.codename = 'audit_account') AS sees_register,
    requiring.second_factor_from AS factor_from, requiring.name AS factor_account
FROM accounts_user AS person
LEFT JOIN LATERAL (
    SELECT account.second_factor_from, account.name
    FROM accounts_accountmembership AS member JOIN accounts_account AS account ON account.id = member.account_id
    WHERE member.user_id = person.id AND member.active AND account.second_factor_from IS NOT NULL
    ORDER BY account.second_factor_from, account.id LIMIT 1
) AS requiring ON true
WHERE person.id = %(person)s
"""


@dataclass(frozen=True)
class Demands:
    """The demands at the time `at`, by the database's clock."""

    at: datetime
    idle: timedelta
    has_factor: bool
    # The earliest date of those accounts that require a second factor, and the account's name. The platform's own
    # demand on superusers precedes theirs, and counts from now.
    factor_from: datetime | None = None
    factor_account: str = ""
    by_platform: bool = False

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
        sentence = _("%(account)s requires a second factor. Set one up to continue.")
        return sentence % {"account": self.factor_account}


def session_user(user_id: int) -> User | None:
    """The person of a session, with the demands on them, in one statement.

    `sees_register` says whether an account's register is in their navigation; its page asks for the right itself.
    """
    values = {
        "person": user_id,
        "idle": settings.CIMAR_IDLE_MINUTES,
        "no_factor": Authenticator.Type.RECOVERY_CODES.value,
    }
    for row in prepared.rows(_WITH_DEMANDS, values):
        person = User.from_db(DEFAULT_DB_ALIAS, [field.attname for field in _FIELDS], row)
        for name, value in zip(_MORE, row[len(_FIELDS) :], strict=True):
            setattr(person, name, value)
        return person
    return None


def demands_on(user: User) -> Demands:
    """Without a query where `session_user` has read the person."""
    read: Any = user if hasattr(user, "asked_at") else session_user(user.pk)
    by_platform = read.is_superuser and settings.CIMAR_SUPERUSER_SECOND_FACTOR
    return Demands(
        at=read.asked_at,
        idle=timedelta(minutes=read.shortest_idle or settings.CIMAR_IDLE_MINUTES),
        has_factor=read.has_factor,
        factor_from=read.asked_at if by_platform else read.factor_from,
        factor_account="CIMAR" if by_platform else read.factor_account or "",
        by_platform=by_platform,
    )


def factor_is_overdue(person: str) -> Q:
    """`Demands.factor_is_overdue` as a condition on rows whose field `person` names a person."""
    membership = AccountMembership.objects.filter(user=OuterRef(person), active=True)
    required = Q(Exists(membership.filter(account__second_factor_from__lte=Now())))
    if settings.CIMAR_SUPERUSER_SECOND_FACTOR:
        required |= Q(**{f"{person}__is_superuser": True})
    factors = Authenticator.objects.filter(user=OuterRef(person)).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return required & Q(~Exists(factors))

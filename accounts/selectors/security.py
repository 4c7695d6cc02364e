"""A person's second factors and sessions, as their own pages show them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as StoredSession
from django.db.models import Exists, OuterRef

from accounts.models import User
from accounts.selectors.demands import Demands

# Gives the rows of libraries, which have numbers and secret keys, a name that may stand in an address.
NAMES = UUID("5b0d3c1e-6a4f-4a53-9d7e-2f1c8e0b7a64")
Kind = Authenticator.Type


@dataclass(frozen=True)
class Factor:
    """An authenticator app, a passkey or a security key."""

    row: Authenticator
    uuid: UUID
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """All that a person has; `codes_left` is None where they have no recovery codes."""

    listed: list[Factor]
    codes_left: int | None

    @property
    def has_app(self) -> bool:
        return any(factor.row.type == Kind.TOTP for factor in self.listed)


@dataclass(frozen=True)
class Session:
    row: UserSession
    uuid: UUID
    browser: str
    address: str
    since: datetime
    seen_at: datetime
    is_this: bool


def factors_of(user: User) -> Factors:
    rows = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    codes = next((row for row in rows if row.type == Kind.RECOVERY_CODES), None)
    return Factors(
        listed=[factor(row) for row in rows if row is not codes],
        codes_left=len(codes.wrap().get_unused_codes()) if codes is not None else None,
    )


def factor(row: Authenticator) -> Factor:
    return Factor(
        row=row,
        uuid=uuid5(NAMES, f"factor {row.pk}"),
        kind=kind_of(row),
        name=row.wrap().name if row.type == Kind.WEBAUTHN else "",
        added_at=row.created_at,
        used_at=row.last_used_at,
    )


def kind_of(row: Authenticator) -> str:
    """What a person calls it."""
    if row.type == Kind.WEBAUTHN:
        return "passkey" if row.wrap().is_passwordless else "security key"
    return {Kind.TOTP: "authenticator app", Kind.RECOVERY_CODES: "recovery code"}[Kind(row.type)]


def sessions_of(user: User, *, demands: Demands, this: str | None) -> list[Session]:
    """Those not yet idle for too long, the latest first; `this` is the key of the one that asks."""
    alive = StoredSession.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=demands.at)
    rows = UserSession.objects.filter(Exists(alive), user=user, last_seen_at__gt=demands.at - demands.idle)
    return [
        Session(
            row=row,
            uuid=uuid5(NAMES, f"session {row.session_key}"),
            browser=browser_in(row.user_agent),
            address=row.ip,
            since=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == this,
        )
        for row in rows.order_by("-last_seen_at", "-pk")
    ]


# The first that fits wins: each browser also names those it descends from.
BROWSERS = [
    ("Edg", "Edge"), ("OPR", "Opera"), ("Vivaldi", "Vivaldi"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
]  # fmt: skip


def browser_in(user_agent: str) -> str:
    """In words: "Firefox on Windows". What a browser says of itself is no proof of anything."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(filter(None, [browser or "A browser", system]))

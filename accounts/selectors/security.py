"""A person's second factors and sessions, for their own pages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as StoredSession
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.selectors.demands import Demands

# Makes the ids in URLs for the rows of libraries, which have numbers and secret keys.
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
    """All factors of a person; `codes_left` is None where they have no recovery codes."""

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
    ip_address: str
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
        kind=_(kind_of(row)),
        name=row.wrap().name if row.type == Kind.WEBAUTHN else "",
        added_at=row.created_at,
        used_at=row.last_used_at,
    )


KINDS: dict[str, str] = {
    "passkey": gettext_noop("passkey"),
    Kind.WEBAUTHN: gettext_noop("security key"),
    Kind.TOTP: gettext_noop("authenticator app"),
    Kind.RECOVERY_CODES: gettext_noop("recovery code"),
}


def kind_of(row: Authenticator) -> str:
    """Its name in sentences, as events store it; `gettext` of it is for a page or a mail."""
    return KINDS["passkey" if row.type == Kind.WEBAUTHN and row.wrap().is_passwordless else Kind(row.type)]


def sessions_of(user: User, *, demands: Demands, this: str | None) -> list[Session]:
    """The sessions that have not been idle for too long, the latest first; `this` is the request's session key."""
    alive = StoredSession.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=demands.at)
    rows = UserSession.objects.filter(Exists(alive), user=user, last_seen_at__gt=demands.at - demands.idle)
    return [
        Session(
            row=row,
            uuid=uuid5(NAMES, f"session {row.session_key}"),
            browser=browser_in(row.user_agent),
            ip_address=row.ip,
            since=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == this,
        )
        for row in rows.order_by("-last_seen_at", "-pk")
    ]


# The first that matches counts: a browser also names the browsers it descends from.
BROWSERS = [
    ("Edg", "Edge"), ("OPR", "Opera"), ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"),  # allowed: a product's name
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),  # allowed: products' names
]  # fmt: skip


def browser_in(user_agent: str) -> str:
    """In words: "Firefox on Windows". The header is not verified."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    browser = browser or _("A browser")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser

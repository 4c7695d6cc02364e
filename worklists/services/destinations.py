"""Destinations: the systems that studies of an account can be sent to, entered by its administrators."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from accounts.sealing import DESTINATION, Unreadable, reseal, seal, unseal
from audit.actions import Action
from audit.actor import Actor
from audit.services import On, record
from common.exceptions import NothingThere
from common.names import check_name_is_free, tidy_identity
from worklists.events import on_account
from worklists.models import Destination
from worklists.models.destination import OUR_AE_TITLE
from worklists.permissions import check_administers
from worklists.services.ae_titles import tidied_ae_title
from worklists.services.common import locked

MOST_DESTINATIONS = 100
LONGEST_SECRET = 4000

NAME_TAKEN = gettext_noop(
    "There is already a destination named “%(name)s” in the account. Choose another name."
)
ONE_WAY = gettext_noop("Give the destination either a DICOMweb URL, or an AE title with host and port.")
NOT_A_URL = gettext_noop(
    "Enter the URL of a DICOMweb service, such as https://pacs.hospital.example/dicom-web, "
    "without a user name, “?” or “#”."
)
NOT_A_HOST = gettext_noop("Enter the name or the IP address of the machine, such as pacs.hospital.example.")
NOT_A_PORT = gettext_noop("Enter the port, a number from 1 to 65535, such as 104 or 11112.")
NOT_A_SECRET = gettext_noop("A password or token has no line breaks and no signs that cannot be typed.")
SECRET_NEEDED = gettext_noop("Enter the password of this user name.")
SECRET_AGAIN = gettext_noop(
    "Enter the password or token again: it is kept for the URL and user name that it was entered with, and no other."
)


@transaction.atomic
def add_destination(*, account: Account, name: str, by: Actor, secret: str = "", **way: Any) -> Destination:
    """`way` has a URL with or without a user name, or AE titles with host, port and TLS."""
    account = locked(account)
    check_administers(by, account)
    if Destination.objects.live().filter(account=account).count() >= MOST_DESTINATIONS:
        sentence = _(
            "The account has %(most)s destinations already. Remove a destination that is no longer used."
        )
        raise ValidationError(sentence % {"most": MOST_DESTINATIONS}, code="limited")
    row = Destination(account=account, name=_tidied_name(name, account), **_tidied(**way))
    if row.username and not secret:
        raise ValidationError({"secret": _(SECRET_NEEDED)})
    row.sealed_secret = _sealed(secret, row)
    row.save()
    record(Action.DESTINATION_ADD, by=by, on=on_destination(row))
    return row


@transaction.atomic
def change_destination(
    *, destination: Destination, name: str, by: Actor, secret: str = "", **way: Any
) -> Destination:
    """An empty `secret` keeps the one that is stored, as long as URL and user name stay the same."""
    row = _held(destination, by)
    before = (row.url, row.username)
    row.name = _tidied_name(name, row.account, but=row.pk)
    for field, value in _tidied(**way).items():
        setattr(row, field, value)
    if secret or not row.url:
        row.sealed_secret = _sealed(secret, row)
    elif (row.url, row.username) != before and (row.sealed_secret or row.username):
        raise ValidationError({"secret": _(SECRET_AGAIN)})
    row.save()
    record(Action.DESTINATION_CHANGE, by=by, on=on_destination(row))
    return row


@transaction.atomic
def end_destination(*, destination: Destination, by: Actor) -> Destination:
    """Nothing more is sent there; its secret is erased. What was sent stays where it is."""
    row = _held(destination, by)
    Destination.objects.filter(pk=row.pk).update(ended_at=Now(), ended_by=by.user, sealed_secret="")
    record(Action.DESTINATION_END, by=by, on=on_destination(row))
    row.refresh_from_db()
    return row


def secret_of(destination: Destination) -> str:
    """What is sent with each request; empty for none. Raises `Unreadable` after a change of the key."""
    return unseal(destination.sealed_secret, purpose=DESTINATION) if destination.sealed_secret else ""


@transaction.atomic
def reseal_destinations() -> tuple[int, int]:
    """As `accounts.services.second_factor.reseal_all`, for the secrets of destinations."""
    done = lost = 0
    for row in Destination.objects.exclude(sealed_secret="").select_for_update().order_by("pk"):
        try:
            row.sealed_secret = reseal(row.sealed_secret, purpose=DESTINATION)
        except Unreadable:
            lost += 1
            continue
        row.save(update_fields=["sealed_secret"])
        done += 1
    return done, lost


def on_destination(destination: Destination) -> On:
    """What events record of a destination; the account is selected with it."""
    where = destination.url or f"{destination.ae_title}@{destination.host}:{destination.port}"
    return on_account(
        destination.account,
        destination=str(destination.uuid),
        destination_name=destination.name,
        destination_where=where,
        destination_has_secret=bool(destination.sealed_secret),
    )


def _held(destination: Destination, by: Actor) -> Destination:
    account = locked(destination.account_id)
    check_administers(by, account)
    row = Destination.objects.live().select_for_update().filter(pk=destination.pk).first()
    if row is None:
        raise NothingThere
    row.account = account
    return row


def _tidied_name(name: str, account: Account, *, but: int | None = None) -> str:
    name = tidy_identity(name, what=_("A destination's name"), longest=100)
    others = Destination.objects.live().filter(account=account)
    if but is not None:
        others = others.exclude(pk=but)
    check_name_is_free(name, others, _(NAME_TAKEN))
    return name


def _tidied(
    *,
    url: str = "",
    username: str = "",
    ae_title: str = "",
    calling_ae_title: str = "",
    host: str = "",
    port: int | None = None,
    tls: bool = True,
) -> dict[str, Any]:
    by_dimse = bool(ae_title.strip() or host.strip() or port is not None)
    if bool(url.strip()) == by_dimse:
        raise ValidationError(_(ONE_WAY), code="one_way")
    if not by_dimse:
        return {**_NO_WAY, "url": _tidied_url(url), "username": _tidied_username(username)}
    if port is None or not 1 <= port <= 65535:
        raise ValidationError({"port": _(NOT_A_PORT)})
    called = tidied_ae_title(ae_title)
    if not called:
        raise ValidationError({"ae_title": _("Enter the AE title of the destination.")})
    return {
        **_NO_WAY, "ae_title": called, "calling_ae_title": tidied_ae_title(calling_ae_title) or OUR_AE_TITLE,
        "host": _tidied_host(host), "port": port, "tls": tls,
    }  # fmt: skip


_NO_WAY: dict[str, Any] = {
    "url": "", "username": "", "ae_title": "", "calling_ae_title": OUR_AE_TITLE, "host": "", "port": None, "tls": True,
}  # fmt: skip


def _tidied_url(url: str) -> str:
    wrong = ValidationError({"url": _(NOT_A_URL)})
    url = url.strip().rstrip("/")
    if len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or "?" in url or "#" in url or port == 0:
        raise wrong
    if _is_host(parts.hostname or ""):
        # The scheme is stored in small letters, as `urlsplit` has it.
        return f"{parts.scheme}{url[len(parts.scheme) :]}"
    raise wrong


def _tidied_username(username: str) -> str:
    username = username.strip()
    if ":" in username or not username.isprintable() or len(username) > 200:
        raise ValidationError({"username": _("A user name has no colon and no line breaks.")})
    return username


def _tidied_host(host: str) -> str:
    host = host.strip()
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not _is_host(bare):
        raise ValidationError({"host": _(NOT_A_HOST)})
    return bare


def _is_host(host: str) -> bool:
    """A name in letters of ASCII, or an IP address; what it leads to is asked when something is sent."""
    signs = set(host) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")
    return signs and 0 < len(host) <= 253 and not host.startswith(("-", "."))


def _sealed(secret: str, row: Destination) -> str:
    if not secret or not row.url:
        return ""
    if not secret.isprintable() or len(secret) > LONGEST_SECRET or not (row.username or secret.isascii()):
        raise ValidationError({"secret": _(NOT_A_SECRET)})
    return seal(secret, purpose=DESTINATION)

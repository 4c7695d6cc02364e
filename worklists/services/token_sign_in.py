"""Who a token stands for, asked anew on each request."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS
from django.db.models import OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.selectors import factor_is_overdue
from audit.actor import Actor, Sender, Token
from audit.services import On, record_denied
from common import prepared
from worklists import models, token_secrets
from worklists.events import about, on_worklist

USED_EVERY = timedelta(hours=1)  # the last use of a token is written again after this
WHERE = "DICOMweb"  # where tokens are refused, for the audit trail

# In the order of the models' fields, as `from_db` takes them.
_OF_TOKEN = ["id", "uuid", "name", "may_store", "ended_at"]
_OF_OWNER = [field.attname for field in User._meta.concrete_fields]
_ASKED = ("reached", "is_over", "is_used", "no_factor")
# What the columns of the statement are called where another select reads them.
_COLUMNS = [*(f"token_{name}" for name in _OF_TOKEN), *(f"owner_{name}" for name in _OF_OWNER), *_ASKED]
# Takes the digest's place while the statement is composed.
_ANY_DIGEST = "?"

UNKNOWN = gettext_noop("There is no such token.")
EXPIRED = gettext_noop("The token has expired.")
REVOKED = gettext_noop("The token was revoked.")
OWNER_INACTIVE = gettext_noop("The owner of the token is deactivated.")
NO_FACTOR = gettext_noop("The owner of the token has not set up the second factor that is required.")


def actor_with_token(*, secret: str, ip_address: str | None) -> Actor | None:
    """Who acts with this secret: a person through a token, or a sender; None where the secret is refused.

    One statement, and a second one where the last use is to be written. What the actor may do is asked when it does it:
    `Actor.rights` reads the owner's rights of that moment. A refused try is in the audit trail, many of one sort as a
    burst. Call it outside a transaction.
    """
    if not token_secrets.is_well_formed(secret):
        _refused(None, _(UNKNOWN), ip_address)
        return None
    if secret.startswith(token_secrets.SENDER):
        return _sender(token_secrets.digest_of(secret), ip_address)
    return _person(token_secrets.digest_of(secret), ip_address)


def person_with_token(
    *, secret: str, ip_address: str | None, also: str, parameters: Sequence[Any]
) -> tuple[Actor, Sequence[Any]] | None:
    """A person who acts with this secret, and a row that a select answers for that person, in one statement.

    The select `also` gives one row or none, which is then a row of NULLs. It may read `asking`: the token's `owner_id`,
    `token_uuid`, and `reached`, the ids of its worklists. None where the secret is refused or no person's: ask
    `actor_with_token`, which puts a refusal into the trail.
    """
    if not token_secrets.is_well_formed(secret) or secret.startswith(token_secrets.SENDER):
        return None
    sql, own = _statement(settings.CIMAR_SUPERUSER_SECOND_FACTOR)
    filled = prepared.filled(own, {_ANY_DIGEST: token_secrets.digest_of(secret)})
    for row in prepared.rows(_beside(sql, also), [*filled, *parameters]):
        token = _of_row(row[: len(_COLUMNS)])
        if not (_why_not(token) or _why_not_owner(token)):
            return _acting(token, ip_address), row[len(_COLUMNS) :]
    return None


def _person(digest: str, ip_address: str | None) -> Actor | None:
    row = _read(digest)
    if row is None:
        _refused(None, _(UNKNOWN), ip_address)
        return None
    on = On(detail={**about(row.owner), "token": str(row.uuid), "token_name": row.name})
    if why := _why_not(row) or _why_not_owner(row):
        _refused(on, why, ip_address)
        return None
    return _acting(row, ip_address)


def _acting(row: Any, ip_address: str | None) -> Actor:
    _note_use(models.AccessToken, row)
    token = Token(uuid=row.uuid, name=row.name, worklist_ids=frozenset(row.reached), may_store=row.may_store)
    return Actor.through(token, owner=row.owner, ip_address=ip_address)


def _read(digest: str) -> Any:
    """The token with its owner and what is asked of both, or None. It is read for each of a thousand requests."""
    sql, parameters = _statement(settings.CIMAR_SUPERUSER_SECOND_FACTOR)
    for row in prepared.rows(sql, prepared.filled(parameters, {_ANY_DIGEST: digest})):
        return _of_row(row)
    return None


def _of_row(row: Sequence[Any]) -> Any:
    answers = iter(row)
    token: Any = models.AccessToken.from_db(
        DEFAULT_DB_ALIAS, _OF_TOKEN, list(islice(answers, len(_OF_TOKEN)))
    )
    token.owner = User.from_db(DEFAULT_DB_ALIAS, _OF_OWNER, list(islice(answers, len(_OF_OWNER))))
    for name, value in zip(_ASKED, answers, strict=True):
        setattr(token, name, value)
    return token


@cache
def _beside(sql: str, also: str) -> str:
    return (
        f"WITH asking ({', '.join(_COLUMNS)}) AS MATERIALIZED ({sql}) "  # allowed: SQL
        f"SELECT asking.*, also.* FROM asking LEFT JOIN LATERAL ({also}) AS also ON true"
    )


@cache
def _statement(by_platform: bool) -> tuple[str, tuple[Any, ...]]:
    """Composed once in a process, for each answer of the setting that `factor_is_overdue` reads.

    Composing and planning it anew took longer than all the rest of a request for a frame.
    """
    reached = models.AccessTokenWorklist.objects.filter(token=OuterRef("pk")).values("worklist")
    rows = models.AccessToken.objects.annotate(
        reached=ArraySubquery(reached),
        is_over=Q(expires_at__lte=Now()),
        is_used=_is_used(),
        no_factor=factor_is_overdue("owner"),
    ).filter(digest=_ANY_DIGEST)
    owner = [f"owner__{name}" for name in _OF_OWNER]
    return prepared.composed(rows.order_by().values_list(*_OF_TOKEN, *owner, *_ASKED))


def _sender(digest: str, ip_address: str | None) -> Actor | None:
    rows = models.Sender.objects.select_related("worklist__account", "worklist__owner").annotate(
        is_over=Q(token_expires_at__lte=Now()), is_used=_is_used()
    )
    row: Any = rows.filter(digest=digest).first()
    if row is None:
        _refused(None, _(UNKNOWN), ip_address)
        return None
    if why := _why_not(row):
        named = {"sender": str(row.uuid), "sender_name": row.name}
        _refused(on_worklist(row.worklist, **named), why, ip_address)
        return None
    _note_use(models.Sender, row)
    sender = Sender(uuid=row.uuid, name=row.name, worklist_id=row.worklist_id)
    return Actor.machine(sender, ip_address=ip_address)


def _why_not(row: Any) -> str:
    if row.ended_at is not None:
        return _(REVOKED)
    if row.is_over:
        return _(EXPIRED)
    return ""


def _why_not_owner(row: Any) -> str:
    """What closes the pages to a person closes DICOMweb to their programs."""
    if not row.owner.is_active:
        return _(OWNER_INACTIVE)
    return _(NO_FACTOR) if row.no_factor else ""


def _is_used() -> Any:
    """Whether the last use is recent enough to be left as it is."""
    return Q(last_used_at__isnull=False) & Q(last_used_at__gt=Now() - USED_EVERY)


def _note_use(model: Any, row: Any) -> None:
    """Not an audit event: of what is done with the token there are events. Of two at once one writes."""
    if not row.is_used:
        model.objects.filter(pk=row.pk).exclude(_is_used()).update(last_used_at=Now())


def _refused(on: On | None, why: str, ip_address: str | None) -> None:
    record_denied(by=Actor.stranger(ip_address), on=on, what=WHERE, why=why)

"""Personal access tokens: made and revoked by their owner, narrowed by administrators."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, User
from accounts.services import limits
from accounts.services.outbox import queue_mail
from audit import clock
from audit.actions import Action
from audit.actor import READ, STORE, Actor
from audit.services import On, event, record_all
from common.exceptions import NothingThere
from common.text import tidy_text
from worklists import access, token_secrets
from worklists.events import about, on_account
from worklists.models import AccessToken, AccessTokenWorklist, Worklist
from worklists.permissions import check_administers
from worklists.selectors.tokens import NO_WORKLIST, NOT_YOURS
from worklists.services.token_ends import last_moment_of

MOST_TOKENS = 20
MOST_WORKLISTS = 100

CANNOT_STORE = gettext_noop("Your role on none of these worklists lets you upload studies.")


@dataclass(frozen=True)
class NewToken:
    """A token and its secret, which is shown now and stored nowhere."""

    token: AccessToken
    secret: str


def make_token(
    *, by: Actor, name: str, worklists: Collection[UUID], last_day: date, may_store: bool = False
) -> NewToken:
    """A token of the person's own, on worklists where they have a right that a token can carry.

    The owner has a mail about it. What the token may do is the owner's right at each request, never more.
    """
    limits.count_new_token(by=by)
    with transaction.atomic():
        owner = User.objects.select_for_update(no_key=True).get(pk=by.person.pk)
        if AccessToken.objects.live().filter(owner=owner).count() >= MOST_TOKENS:
            sentence = _("You have %(most)s access tokens already. Revoke one that you no longer use first.")
            raise ValidationError(sentence % {"most": MOST_TOKENS}, code="limited")
        name = tidy_text(name, what=_("A token's name"), longest=100)
        chosen = _reached(by, worklists, may_store=may_store)
        secret = token_secrets.new_secret(token_secrets.PERSONAL)
        token = AccessToken.objects.create(
            owner=owner,
            name=name,
            digest=token_secrets.digest_of(secret),
            may_store=may_store,
            expires_at=last_moment_of(last_day, zone=owner.timezone, now=clock.now()),
        )
        AccessTokenWorklist.objects.bulk_create(
            AccessTokenWorklist(token=token, worklist=worklist) for worklist in chosen
        )
        _record(Action.TOKEN_ADD, token, chosen, by=by)
        queue_mail(kind="token_made", recipient=owner.email, data={"token": token.pk})
        return NewToken(token, secret)


@transaction.atomic
def revoke_token(*, by: Actor, token: UUID) -> AccessToken:
    """A token of the person's own: it is refused from the next request on. Revoking it again changes nothing."""
    row = _held(by.person, token)
    if row.ended_at is None:
        _end(row, by)
        _record(Action.TOKEN_END, row, row.worklists.with_names().order_by("pk"), by=by)
    return row


@transaction.atomic
def end_token_in_account(*, token: UUID, account: Account, by: Actor) -> AccessToken:
    """An administrator takes the account's worklists from a token; a token that reaches no other worklist ends."""
    check_administers(by, account)
    row = _locked().filter(uuid=token, ended_at=None).first()
    taken = AccessTokenWorklist.objects.filter(token=row, worklist__account=account)
    if row is None or not taken:
        raise NothingThere
    here = list(row.worklists.filter(account=account).with_names().order_by("pk"))
    taken.delete()
    if not row.reaches.exists():
        _end(row, by)
    _record(Action.TOKEN_END, row, here, by=by)
    return row


def end_tokens_of(*, owner: User, by: Actor) -> None:
    """Every access token of a person; a part of what takes the person's sign-in away, in its transaction."""
    for row in _locked().filter(owner=owner, ended_at=None).order_by("pk"):
        _end(row, by)
        _record(Action.TOKEN_END, row, row.worklists.with_names().order_by("pk"), by=by)


def _reached(by: Actor, worklists: Collection[UUID], *, may_store: bool) -> list[Worklist]:
    """The chosen worklists; raises where the person has no right there that the token could carry."""
    if not worklists:
        raise ValidationError({"worklists": _(NO_WORKLIST)})
    if len(set(worklists)) > MOST_WORKLISTS:
        sentence = _("A token can have %(most)s worklists at most.")
        raise ValidationError({"worklists": sentence % {"most": MOST_WORKLISTS}})
    rights = READ | STORE if may_store else READ
    chosen = Worklist.objects.none()
    for codename in sorted(rights):
        chosen |= access.worklists_for(by, codename)
    allowed = list(chosen.filter(uuid__in=worklists).with_names().order_by("pk"))
    if len(allowed) < len(set(worklists)):
        raise ValidationError({"worklists": _(NOT_YOURS)})
    if may_store and not access.worklists_for(by, "upload_study").filter(uuid__in=worklists).exists():
        raise ValidationError(_(CANNOT_STORE), code="scope")
    return allowed


def _locked() -> QuerySet[AccessToken]:
    return AccessToken.objects.select_for_update(of=("self",)).select_related("owner")


def _held(owner: User, token: UUID) -> AccessToken:
    row = _locked().filter(owner=owner, uuid=token).first()
    if row is None:
        raise NothingThere
    return row


def _end(token: AccessToken, by: Actor) -> None:
    AccessToken.objects.filter(pk=token.pk).update(ended_at=Now(), ended_by=by.person)
    token.refresh_from_db(fields=["ended_at", "ended_by"])


def _record(action: Action, token: AccessToken, worklists: Iterable[Worklist], *, by: Actor) -> None:
    """An event for each account with its own worklists alone: the trail of one tells nothing of another."""
    reached: dict[Account | None, list[Worklist]] = defaultdict(list)
    for worklist in worklists:
        reached[worklist.account].append(worklist)
    detail = {
        **about(token.owner),
        "token": str(token.uuid),
        "token_name": token.name,
        "may_store": token.may_store,
        "until": token.expires_at.isoformat(),
    }

    def on(account: Account | None) -> On:
        names = [worklist.label for worklist in reached[account]]
        return on_account(account, **detail, worklists=names)

    record_all([event(action, by=by, on=on(account)) for account in reached or {None: []}])

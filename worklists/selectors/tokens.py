"""Access tokens and senders, as their owner and administrators see them."""

from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Account, User
from audit.actor import READ, STORE, Actor
from common.days import today_in
from worklists import access
from worklists.models import AccessToken, AccessTokenWorklist, Worklist
from worklists.models.token import AccessTokenQuerySet

LONGEST = timedelta(days=365)
NO_WORKLIST = gettext_noop("Choose at least one worklist.")
NOT_YOURS = gettext_noop("You have no right on this worklist that a token can carry.")


def tokens_of(by: Actor) -> list[AccessToken]:
    """The person's own tokens that work, newest first, each with its worklists in `shown`."""
    return list(with_worklists(AccessToken.objects.live().filter(owner=by.person)))


def number_of_tokens(user: User) -> int:
    return AccessToken.objects.live().filter(owner=user).count()


def tokens_reaching(account: Account) -> QuerySet[AccessToken]:
    """The tokens that work and reach worklists of the account."""
    here = AccessTokenWorklist.objects.filter(worklist__account=account)
    return AccessToken.objects.live().filter(pk__in=here.values("token"))


def worklists_for_a_token(by: Actor) -> QuerySet[Worklist]:
    """Those on which the person has a right that a token can carry: their own first, then by account and name."""
    chosen = Worklist.objects.none()
    for codename in sorted(READ | STORE):
        chosen |= access.worklists_for(by, codename)
    return chosen.with_names().order_by(F("account__name").asc(nulls_first=True), "-kind", "name", "pk")


def with_worklists(tokens: QuerySet[AccessToken], *, account: Account | None = None) -> QuerySet[AccessToken]:
    """Those of the tokens that work, each with its worklists in `shown`; of an account, with its worklists alone."""
    reaches = AccessTokenWorklist.objects.select_related("worklist__account", "worklist__owner")
    if account is not None:
        reaches = reaches.filter(worklist__account=account)
    shown = Prefetch("reaches", reaches.order_by("worklist__name", "pk"), to_attr="shown")
    live = cast(AccessTokenQuerySet, tokens).live()
    return live.select_related("owner").prefetch_related(shown).order_by("-created_at", "-pk")


def worklists_shown(token: AccessToken) -> list[Worklist]:
    """Those of a token that was read `with_worklists`."""
    return [reach.worklist for reach in vars(token)["shown"]]


def last_day_in(zone: str, now: datetime) -> date:
    """The last day that a token may have."""
    return today_in(zone, now) + LONGEST

"""Access tokens and senders, as their owner and administrators see them."""

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Account, User
from audit.actor import READ, STORE, Actor
from worklists import access
from worklists.models import AccessToken, AccessTokenWorklist, Worklist

NO_WORKLIST = gettext_noop("Choose at least one worklist.")
NOT_YOURS = gettext_noop("You have no right on this worklist that a token can carry.")


def tokens_of(by: Actor) -> list[AccessToken]:
    """The person's own tokens that work, newest first, each with its worklists in `shown`."""
    return list(_with_worklists(AccessToken.objects.live().filter(owner=by.person), Q()))


def number_of_tokens(user: User) -> int:
    return AccessToken.objects.live().filter(owner=user).count()


def tokens_reaching(account: Account) -> QuerySet[AccessToken]:
    """The tokens that work and reach worklists of the account, each with those alone in `shown`."""
    here = AccessTokenWorklist.objects.filter(worklist__account=account)
    tokens = AccessToken.objects.live().filter(pk__in=here.values("token"))
    return _with_worklists(tokens, Q(worklist__account=account))


def worklists_for_a_token(by: Actor) -> QuerySet[Worklist]:
    """Those on which the person has a right that a token can carry: their own first, then by account and name."""
    chosen = Worklist.objects.none()
    for codename in sorted(READ | STORE):
        chosen |= access.worklists_for(by, codename)
    return chosen.with_names().order_by(F("account__name").asc(nulls_first=True), "-kind", "name", "pk")


def _with_worklists(tokens: QuerySet[AccessToken], which: Q) -> QuerySet[AccessToken]:
    reaches = AccessTokenWorklist.objects.filter(which).select_related("worklist__account", "worklist__owner")
    shown = Prefetch("reaches", reaches.order_by("worklist__name", "pk"), to_attr="shown")
    return tokens.select_related("owner").prefetch_related(shown).order_by("-created_at", "-pk")

"""Which account somebody administers now. Every page of the administration shows that account's rows alone."""

from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Account, User
from worklists import selectors

CHOSEN = "administered_account"


class _Administered(NamedTuple):
    account: Account | None
    # Whether there is another to choose.
    several: bool


def administered_accounts(user: User | AnonymousUser) -> QuerySet[Account]:
    """The accounts a person may administer, by name: by their account role, or all of them as a superuser."""
    if not isinstance(user, User) or not user.is_active:
        return Account.objects.none()
    accounts = Account.objects.all() if user.is_superuser else selectors.accounts_administered_by(user)
    return accounts.order_by("name", "pk")


def current_account(request: HttpRequest) -> Account | None:
    """The account chosen in the session, asked for anew on every request; else the first.

    None to a superuser is the whole platform; to anybody else it means that they administer nothing.
    """
    return _administered(request).account


def administers_something(request: HttpRequest) -> bool:
    """Whether the administration is open to this person at all."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    return user.is_superuser or current_account(request) is not None


def may_switch_account(request: HttpRequest) -> bool:
    """Whether there is another account to choose."""
    return _administered(request).several


def choose_account(request: HttpRequest, account: Account | None) -> None:
    """From the next page on. The caller has checked that the person administers it."""
    if account is None:
        request.session.pop(CHOSEN, None)
    else:
        request.session[CHOSEN] = account.pk


def _administered(request: HttpRequest) -> _Administered:
    """Found once for a request, however many of its parts ask."""
    kept = vars(request)
    if "_administered" not in kept:
        kept["_administered"] = _found(request)
    found: _Administered = kept["_administered"]
    return found


def _found(request: HttpRequest) -> _Administered:
    user = request.user
    chosen = request.session.get(CHOSEN)
    if not isinstance(user, User):
        return _Administered(None, several=False)
    accounts = administered_accounts(user)
    if user.is_superuser:
        return _Administered(accounts.filter(pk=chosen).first() if chosen is not None else None, several=True)
    found = list(accounts)
    account = next((account for account in found if account.pk == chosen), found[0] if found else None)
    return _Administered(account, several=len(found) > 1)

"""The account that a person administers now. Every page of the administration shows that account's rows alone."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import Account, User
from worklists import selectors

CHOSEN = "administered_account"


class _Administered(NamedTuple):
    account: Account | None
    # Whether there is another to choose.
    more: bool


_ADMINISTERED: WeakKeyDictionary[HttpRequest, _Administered] = WeakKeyDictionary()


def administered_accounts(user: User | AnonymousUser) -> QuerySet[Account]:
    """The accounts a person may administer, by name: by their account role, or all of them as a superuser."""
    if not isinstance(user, User) or not user.is_active:
        return Account.objects.none()
    accounts = Account.objects.all() if user.is_superuser else selectors.accounts_administered_by(user)
    return accounts.order_by("name", "pk")


def current_account(request: HttpRequest) -> Account | None:
    """The account chosen in the session, read anew for every request; otherwise the first.

    None means the whole platform for a superuser; for everyone else, that they administer no account.
    """
    return _administered(request).account


def administers_something(request: HttpRequest) -> bool:
    """Whether this person may open the administration."""
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    return user.is_superuser or current_account(request) is not None


def may_switch_account(request: HttpRequest) -> bool:
    """Whether there is another account to choose."""
    return _administered(request).more


def choose_account(request: HttpRequest, account: Account | None) -> None:
    """Takes effect from the next page on. The caller has checked that the person administers the account."""
    if account is None:
        request.session.pop(CHOSEN, None)
    else:
        request.session[CHOSEN] = account.pk


def choose_first(request: HttpRequest) -> HttpResponse:
    """Rows are added within an account only: the account is chosen first, and then the page is shown."""
    messages.info(request, _("Choose an account first. What you add will belong to it."))
    there = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('admin:choose_account')}?{there}")


def _administered(request: HttpRequest) -> _Administered:
    """Read once for each request, and forgotten with the request."""
    if request not in _ADMINISTERED:
        _ADMINISTERED[request] = _read(request)
    return _ADMINISTERED[request]


def _read(request: HttpRequest) -> _Administered:
    user = request.user
    chosen = request.session.get(CHOSEN)
    if not isinstance(user, User):
        return _Administered(None, more=False)
    accounts = administered_accounts(user)
    if user.is_superuser:
        return _Administered(accounts.filter(pk=chosen).first() if chosen is not None else None, more=True)
    own = list(accounts)
    account = next((account for account in own if account.pk == chosen), own[0] if own else None)
    return _Administered(account, more=len(own) > 1)

"""The rows that forms, filters and searches of the administration may choose from: one account's, never another's."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, Role, User
from administration.columns import HEADINGS, NO, YES
from administration.current_account import current_account
from worklists.models import Worklist

ALL = gettext_noop("All")


def number_in(text: str) -> int | None:
    """A key from a URL or a form; None for what cannot be a key."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def choices_in(account: Account | None, model: type[models.Model]) -> QuerySet[Any] | None:
    """The rows of an account, or of the platform without an account; people are the account's members.

    None for a model whose rows belong to no account.
    """
    if model is User:
        people = User.objects.order_by("name", "email")
        return people if account is None else people.filter(account_memberships__account=account)
    if model is Account:
        accounts = Account.objects.order_by("name")
        return accounts if account is None else accounts.filter(pk=account.pk)
    if model is Worklist:
        worklists = Worklist.objects.filter(owner=None).order_by("name")
        return worklists if account is None else worklists.filter(account=account)
    if model is Role:
        roles = Role.objects.exclude(account=None).order_by("name")
        return roles if account is None else roles.filter(account=account)
    try:
        model._meta.get_field("account")
    except FieldDoesNotExist:
        return None
    rows = model._default_manager.all()
    return rows if account is None else rows.filter(account=account)


class AccountFilter(admin.RelatedFieldListFilter):
    """A filter of a list by a foreign key whose choices are the current account's."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        self.title = HEADINGS[field.name]

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = model_admin.choices(current_account(request), field)
        return [(row.pk, str(row)) for row in (rows if rows is not None else [])[:200]]


class ChoiceFilter(admin.ChoicesFieldListFilter):
    """A filter of a list by a field that has a few choices."""

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        self.title = HEADINGS[field.name]


def filter_by(field: str) -> tuple[str, type[AccountFilter]]:
    """For `list_filter`: `list_filter = (filter_by("role"), yes_or_no("active", _("state")))`."""
    return (field, AccountFilter)


class SearchedChoice(AutocompleteSelect):
    """A choice that is searched for by typing. A value that cannot be a key chooses no row."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if number_in(str(key)) is not None], attr)


def yes_or_no(
    field: str, heading: Any, *, yes: str = YES, no: str = NO
) -> tuple[str, type[admin.FieldListFilter]]:
    """For `list_filter`: a yes-or-no field with its heading, and two words marked for translation."""

    class YesOrNoFilter(admin.BooleanFieldListFilter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = heading

        def choices(self, changelist: Any) -> Iterator[Any]:
            for choice, word in zip(super().choices(changelist), (ALL, yes, no), strict=True):
                yield {**choice, "display": _(word)}

    return (field, YesOrNoFilter)

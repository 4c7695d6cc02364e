"""What two pages share: people are added to one worklist, and one person is added to worklists."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from accounts.models import Account, Role
from administration.change import Done, Refusal
from administration.effect_on_studies import answer_with_effect, lines_of
from administration.page import EFFECT
from audit.actor import Actor
from audit.requests import actor_of
from sharing.selectors.what_if import WhatIf

A_PAGE = 50


@dataclass(frozen=True)
class Words:
    """The texts of one of the two pages."""

    find: Any
    find_help: Any
    caption: Any
    # Over the name of a row and its two cells.
    headings: tuple[Any, Any, Any]
    through_every: Any
    not_member: Any
    button: Any
    # Title and text of a page without rows: none matches the search, or all are members.
    none_found: tuple[Any, Any]
    all_added: tuple[Any, Any]
    all_added_icon: str


@dataclass(frozen=True)
class Row:
    """A person or a worklist that can be ticked. `label` is of the checkbox, and contains the name."""

    key: str
    label: SafeString
    cells: tuple[str, str]
    is_through_every: bool


class AddingForm(forms.Form):
    """Ticked rows, and the role for all of them. Each of the two pages sets its own choices."""

    # The field of the ticked rows; its name is also the noun that the rows are counted with.
    ticked: ClassVar[str]

    def set_choices(self, rows: QuerySet[Any], account: Account) -> None:
        self.fields[self.ticked].queryset = rows
        self.fields["role"].queryset = Role.objects.filter(account=account).order_by("name")

    def chosen(self) -> tuple[Any, Role | None]:
        return self.cleaned_data[self.ticked], self.cleaned_data["role"]


class Adding(ABC):
    """One request for one of the two pages. A subclass has the rows that can be ticked, and calls the service."""

    words: ClassVar[Words]

    def __init__(self, request: HttpRequest, page: Any, account: Account) -> None:
        self.request, self.page, self.account = request, page, account

    @abstractmethod
    def form(self, *data: Any) -> AddingForm: ...

    @abstractmethod
    def rows(self, find: str) -> QuerySet[Any]:
        """What can be added and matches the search."""

    @abstractmethod
    def row(self, choice: Any) -> Row: ...

    @abstractmethod
    def what_if(self, ticked: Any, role: Role | None) -> WhatIf:
        """Who would gain and lose which studies."""

    @abstractmethod
    def add(self, ticked: Any, role: Role | None, by: Actor) -> Done: ...

    @abstractmethod
    def render(self, status: int, **context: Any) -> HttpResponse: ...

    def answer(self) -> HttpResponse:
        """GET shows the rows; POST adds the ticked ones, or shows the effect without saving anything."""
        if self.request.method != "POST":
            return self._shown(self.form())
        form = self.form(self.request.POST)
        if not form.is_valid():
            return self._shown(form, 422)
        if EFFECT in self.request.POST:
            lines = lines_of(self.what_if(*form.chosen()), self.account)
            return answer_with_effect(self.request, lines, lambda effect: self._shown(form, effect=effect))
        try:
            done = self.add(*form.chosen(), by=actor_of(self.request))
        except (ValidationError, PermissionDenied) as cause:
            refusal = Refusal(cause)
            form.add_error(None, refusal.error)
            return refusal.answer(self._shown(form))
        messages.success(self.request, done.sentence)
        return HttpResponseRedirect(done.url)

    def _shown(self, form: AddingForm, status: int = 200, effect: Sequence[str] = ()) -> HttpResponse:
        find = self.request.GET.get("q", "").strip()[:200]
        shown = Paginator(self.rows(find), A_PAGE).get_page(self.request.GET.get("page"))
        return self.render(
            status, form=form, words=self.words, page=shown, rows=[self.row(each) for each in shown],
            find=find, ticked=set(self.request.POST.getlist(form.ticked)), effect_on_studies=effect,
        )  # fmt: skip

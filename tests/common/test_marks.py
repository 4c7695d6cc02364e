"""The texts of real pages go through their translation marks: a language that puts brackets round every message."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from accounts.models import Account, AccountMembership, Role, User
from common import timezones
from common.formats import code_groups, person_name
from studies.models import Study
from tests.cast import Cast
from worklists.models import Worklist

pytestmark = pytest.mark.django_db

SHOWN = {"alt", "aria-label", "data-label", "placeholder", "title"}
WORD = re.compile(r"[^\W\d_]{2,}")
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
# Days, the product's own name, and what radiologists call alike in every language.
THE_SAME_EVERYWHERE = re.compile(r"\d+ [A-Z][a-z]{2} \d{4}|CIMAR|\b(?:MR|ECG)\b")


class Brackets:
    """A catalogue that has every message."""

    def gettext(self, message: str) -> str:
        """A message with a context is looked up with both, and answered without the context."""
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)

    def to_language(self) -> str:
        return "en-brackets"


class Page(HTMLParser):
    """What a person reads or hears, with spaces where tags are; messages stay whole across inline tags."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.silent = 0
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        for name, value in attrs:
            if name in SHOWN:
                self.text += f" {value} "

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        self.text += "" if self.silent else f"{data} "


@pytest.fixture
def brackets(languages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trans_real._active, "value", Brackets(), raising=False)


def unmarked(response: Any, *data: str) -> list[str]:
    """The texts of the page outside every message, and outside what people typed."""
    assert response.status_code == 200
    text = Page(response.content.decode()).text
    while MARKED.search(text):
        text = MARKED.sub("\n", text)
    for known in sorted(filter(None, data), key=len, reverse=True):
        text = text.replace(known, "\n")
    lines = (" ".join(line.split()) for line in THE_SAME_EVERYWHERE.sub("\n", text).split("\n"))
    return [line for line in lines if WORD.search(line)]


@pytest.mark.parametrize("view", ["account_login", "account_reset_password"])
def test_the_pages_before_signing_in(client: Client, brackets: None, view: str) -> None:
    assert unmarked(client.get(reverse(view))) == []


def test_a_list_of_studies(client: Client, cast: Cast, brackets: None) -> None:
    client.force_login(cast.ana)
    page = client.get(reverse("studies:worklist", args=[cast.ct.uuid]))

    assert unmarked(page, *names(cast)) == []


def test_the_share_dialog(client: Client, cast: Cast, brackets: None) -> None:
    client.force_login(cast.ana)
    page = client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)})

    assert unmarked(page, *names(cast)) == []


@pytest.mark.parametrize("view", ["details", "trail"])
def test_pages_of_a_study(client: Client, cast: Cast, brackets: None, view: str) -> None:
    client.force_login(cast.ana)
    of_study = client.get(reverse(f"studies:{view}", args=[cast.placement.uuid]))

    ids = (cast.study.study_instance_uid, str(cast.placement.uuid))
    assert unmarked(of_study, *names(cast), *ids) == []


def test_the_profile(client: Client, cast: Cast, brackets: None) -> None:
    client.force_login(cast.ana)

    assert unmarked(client.get(reverse("worklists:profile")), *names(cast)) == []


def test_pages_of_the_administration(client: Client, cast: Cast, brackets: None) -> None:
    client.force_login(cast.adam)
    pages = {page: client.get(reverse(f"admin:{page}", args=args)) for page, args in administration(cast)}

    assert {page: left for page, answer in pages.items() if (left := unmarked(answer, *names(cast)))} == {}


def administration(cast: Cast) -> Iterator[tuple[str, list[int]]]:
    """The lists and forms of the administration, and the pages of a person, a role and a worklist."""
    person = AccountMembership.objects.get(account=cast.northgate, user=cast.ana)
    yield "index", []
    yield "choose_account", []
    for model in ("accountmembership", "role", "invitation"):
        yield f"accounts_{model}_changelist", []
    for page in (
        "accounts_role",
        "worklists_worklist",
        "worklists_worklistmembership",
        "accounts_invitation",
    ):
        yield f"{page}_add", []
    for page in ("change", "deactivate", "delete", "history"):
        yield f"accounts_accountmembership_{page}", [person.pk]
    for page in ("change", "copy", "replace", "delete", "history"):
        yield f"accounts_role_{page}", [person.role_id]
    for page in ("change", "members", "members_add", "code", "delete", "history"):
        yield f"worklists_worklist_{page}", [cast.emergency.pk]
    yield "audit_auditevent_changelist", []


def names(cast: Cast) -> list[str]:
    """What the pages show untranslated: names of people, places, roles, patients and time zones, and share codes."""
    people = [text for user in User.objects.all() for text in (user.name, user.email)]
    places = [
        *Worklist.objects.values_list("name", flat=True),
        *Account.objects.values_list("name", flat=True),
    ]
    roles = Role.objects.values_list("name", flat=True)
    studies = [
        text
        for study in Study.objects.all()
        for text in (
            study.patient_name, person_name(study.patient_name), study.patient_id, study.description, *study.modalities,
        )
    ]  # fmt: skip
    codes = [" ".join(code_groups(code)) for code in Worklist.objects.values_list("share_code", flat=True)]
    zones = [text for place in timezones.places() for text in (place.words, place.country) if text]
    return [*people, *places, *roles, *studies, *codes, *zones]

"""Destinations: entered by administrators; secrets are sealed, never shown, and sent where they were entered for."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.sealing import Unreadable, unseal
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere
from tests.administering import adam, fresh, text, there
from tests.cast import Cast, acting
from tests.fingerprint import fingerprint
from worklists import services
from worklists.models import Destination
from worklists.services.destinations import _tidied_url

__all__ = ["adam"]

pytestmark = pytest.mark.django_db

URL = "https://pacs.example/dicom-web"
DIMSE = {"ae_title": "PACS1", "host": "pacs.example", "port": 104}


def add(cast: Cast, name: str = "PACS", **way: Any) -> Destination:
    return services.add_destination(
        account=cast.northgate, name=name, by=acting(cast.adam), **(way or {"url": URL})
    )


def test_a_secret_is_sealed_and_read_again_for_sending(cast: Cast) -> None:
    row = add(cast, url=URL, username="cimar", secret="sésame")

    assert "sésame" not in row.sealed_secret and services.secret_of(row) == "sésame"
    with pytest.raises(Unreadable):
        unseal(row.sealed_secret)  # a second factor's key does not open it
    trail = AuditEvent.objects.get(action=Action.DESTINATION_ADD)
    assert sentence(trail) == "Adam added the destination “PACS” to Northgate Hospital"
    assert trail.detail["destination_has_secret"] is True and "same" not in str(trail.detail)


def test_no_page_shows_the_secret(cast: Cast, adam: Client) -> None:
    row = add(cast, url=URL, secret="sesame-street")

    for page in ("changelist", "change", "history", "delete"):
        args = [] if page == "changelist" else [row.pk]
        shown = adam.get(there(page, *args, of="destination"))
        assert shown.status_code == 200 and b"sesame-street" not in shown.content
        assert row.sealed_secret not in shown.content.decode()


def test_a_secret_goes_to_no_other_url(cast: Cast) -> None:
    row = add(cast, url=URL, secret="sesame")
    change = {"destination": row, "by": acting(cast.adam), "name": "PACS"}

    with pytest.raises(ValidationError, match="again"):
        services.change_destination(url="https://elsewhere.example/dicom-web", **change)
    services.change_destination(url=URL, **{**change, "name": "New name"})
    assert services.secret_of(fresh(row)) == "sesame"
    services.change_destination(url="https://elsewhere.example/dicom-web", secret="other", **change)
    assert services.secret_of(fresh(row)) == "other"
    services.change_destination(**DIMSE, **change)
    assert fresh(row).sealed_secret == "" and not fresh(row).is_dicomweb


def test_an_ended_destination_keeps_no_secret(cast: Cast) -> None:
    row = services.end_destination(destination=add(cast, url=URL, secret="sesame"), by=acting(cast.adam))

    assert row.sealed_secret == "" and row.ended_at is not None
    with pytest.raises(NothingThere):
        services.end_destination(destination=row, by=acting(cast.adam))
    assert add(cast).name == "PACS"


def test_only_administrators_of_the_account_enter_them(cast: Cast) -> None:
    row = add(cast)
    before = fingerprint()

    for person in (cast.ana, cast.rita):
        for attempt in (
            lambda by: services.add_destination(account=cast.northgate, name="X", url=URL, by=by),
            lambda by: services.change_destination(destination=row, name="X", url=URL, by=by),
            lambda by: services.end_destination(destination=row, by=by),
        ):
            with pytest.raises(PermissionDenied):
                attempt(acting(person))
    assert fingerprint() == before


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"url": URL, **DIMSE},
        {"ae_title": "PACS1"},
        {**DIMSE, "port": 0},
        {**DIMSE, "port": 70000},
        {**DIMSE, "host": "no such/host"},
        {**DIMSE, "ae_title": "MORE THAN SIXTEEN"},
        {"url": URL, "username": "cimar"},
        {"url": URL, "username": "a:b", "secret": "x"},
        {"url": URL, "secret": "two\nlines"},
    ],
)
def test_what_is_not_one_whole_way_is_refused(cast: Cast, way: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        services.add_destination(account=cast.northgate, name="PACS", by=acting(cast.adam), **way)
    assert not Destination.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pacs.example/", "file:///etc/passwd", "//pacs.example/", "https://", "https:///x",
        "https://user:password@pacs.example/", "https://pacs.example/?q", "https://pacs.example/#a",
        "https://pacs.example:99999/", "https://pacs.example\\@elsewhere.example/", "https://pacs example/",
        "javascript:alert(1)", "gopher://pacs.example/", "https://[::1", "https://pacs.exämple/",
    ],
)  # fmt: skip
def test_a_url_that_is_not_a_plain_service_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        _tidied_url(url)


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://", "HTTPS://a", "https://a:"]))
def test_whatever_is_typed_as_a_url_is_taken_or_refused(rest: str, start: str) -> None:
    try:
        taken = _tidied_url(start + rest)
    except ValidationError:
        return
    assert taken.startswith(("http://", "https://")) and not set(taken) & set(" ?#\\\r\n\t")
    assert "@" not in taken.split("/")[2] and _tidied_url(taken) == taken


def test_a_form_shows_the_refusal_at_its_field(cast: Cast, adam: Client) -> None:
    shown = adam.post(there("add", of="destination"), {"name": "PACS", "url": "ftp://pacs.example"})

    assert shown.status_code == 200 and "Enter the URL of a DICOMweb service" in text(shown)


def test_secrets_are_sealed_anew_after_a_change_of_the_key(cast: Cast, settings: Any) -> None:
    row = add(cast, url=URL, secret="sesame")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [settings.SECRET_KEY]

    call_command("reseal_destinations")

    settings.SECRET_KEY_FALLBACKS = []
    assert services.secret_of(fresh(row)) == "sesame"

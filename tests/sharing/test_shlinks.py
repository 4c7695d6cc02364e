"""A guest link as a SMART Health Link: its text, its manifest, its files, and DICOMweb for who opened it."""

import base64
import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from joserfc import jwe
from joserfc.jwk import OctKey

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import GuestLink, Method, Share
from sharing.models.guest_link import MOST_TRIES
from sharing.selectors import shlinks
from sharing.services import end_guest_link, end_shares, share_studies
from sharing.targets import Target
from studies.models import Instance, Placement
from tests.bad_files import dicom_storage
from tests.cast import PATIENTS, Cast, acting
from tests.factories import placement_of
from tests.sharing.guests import made
from tests.studies import beside_files

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dicom_storage")]
PASSWORD = "violet-42"
OTHER_SITE = {"Origin": "https://viewer.example"}


@pytest.fixture
def objects(cast: Cast) -> tuple[Instance, Instance]:
    """An image and a PDF of one study on CT Reporting."""
    image, document = beside_files.taken_in(
        cast, beside_files.an_image("1.2.826.0.1.3680043.8.498.1"), beside_files.document()
    )
    return image, document


@pytest.fixture
def there(cast: Cast, objects: tuple[Instance, Instance]) -> Placement:
    return placement_of(objects[0].study, cast.ct)


class App:
    """A program that has the text of a SMART Health Link, and no cookie."""

    def __init__(self, link: GuestLink) -> None:
        text = shlinks.shlink_of(link)
        assert text.startswith("shlink:/")
        self.payload = json.loads(base64.urlsafe_b64decode(text.removeprefix("shlink:/") + "=="))
        self.client = Client(enforce_csrf_checks=True)

    @property
    def path(self) -> str:
        return "/guest/" + self.payload["url"].partition("/guest/")[2]

    def ask(self, passcode: str = "", **more: Any) -> Any:
        body = {"recipient": "Dr Lee's app", **({"passcode": passcode} if passcode else {}), **more}
        return self.client.post(self.path, body, content_type="application/json", headers=OTHER_SITE)

    def opened(self, written: str) -> dict[str, Any]:
        key = OctKey.import_key(base64.urlsafe_b64decode(self.payload["key"] + "="))
        sealed = jwe.decrypt_compact(written, key)
        assert {name: sealed.headers()[name] for name in ("alg", "enc", "cty")} == {
            "alg": "dir", "enc": "A256GCM", "cty": "application/fhir+json",
        }  # fmt: skip
        return json.loads(sealed.plaintext or b"")  # type: ignore[no-any-return]

    def get(self, location: str) -> Any:
        return self.client.get("/guest/" + location.partition("/guest/")[2], headers=OTHER_SITE)

    def resources(self, **more: Any) -> dict[str, dict[str, Any]]:
        bundle = self.opened(self.ask(**more).json()["files"][0]["embedded"])
        return {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}


def wado(app: App, endpoint: dict[str, Any], path: str, **headers: str) -> Any:
    [header] = endpoint["header"]
    name, _colon, value = header.partition(": ")
    address = "/guest/" + endpoint["address"].partition("/guest/")[2]
    return app.client.get(f"{address}/studies/{path}", headers={name: value, **OTHER_SITE, **headers})


def row(link: GuestLink) -> GuestLink:
    return GuestLink.objects.get(pk=link.pk)


# The text


def test_the_text_has_url_key_end_flag_and_label_and_no_patient(cast: Cast, there: Placement) -> None:
    link = made(cast, there, password=PASSWORD)

    payload = App(link).payload

    assert set(payload) == {"url", "key", "exp", "flag", "label", "v"}
    assert (payload["flag"], payload["v"], payload["exp"]) == ("P", 1, int(link.expires_at.timestamp()))
    assert len(payload["url"]) <= 128
    assert len(base64.urlsafe_b64decode(payload["key"] + "=")) == 32
    assert payload["label"] == "Medical images from Northgate Hospital"
    assert "flag" not in App(made(cast, there)).payload
    assert App(link).payload == payload


def test_a_long_url_of_the_site_makes_no_text(cast: Cast, there: Placement, settings: Any) -> None:
    settings.CIMAR_BASE_URL = f"https://{'a' * 60}.example"

    assert shlinks.shlink_of(made(cast, there)) == ""


def test_neither_key_nor_url_is_stored_or_told(
    cast: Cast, there: Placement, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    app = App(link := made(cast, there))
    answer = app.ask()
    app.get(answer.json()["files"][1]["location"])

    stored = repr(list(GuestLink.objects.values())) + repr(list(AuditEvent.objects.values()))
    written = caplog.text + "".join(capfd.readouterr())

    for secret in (app.payload["key"], app.path.rpartition(".")[2]):
        assert secret not in stored + written + answer.content.decode()
    # Of the page's URL nothing follows for the program, and the other way round.
    assert Client().get(f"/guest/{app.path.rpartition('/')[2]}/").status_code == 404
    assert row(link).openings == 1


def test_a_changed_secret_of_the_site_leaves_the_text_that_was_given_out(
    cast: Cast, there: Placement, settings: Any
) -> None:
    app = App(made(cast, there))
    settings.CIMAR_TOKEN_FALLBACK_KEYS = [settings.CIMAR_TOKEN_KEY]
    settings.CIMAR_TOKEN_KEY = "another secret of the site, quite as long as the first"

    files = app.ask(embeddedLengthMax=0).json()["files"]

    assert len(files) == 2
    for each in files:
        assert app.opened(app.get(each["location"]).content.decode())["resourceType"]


# The manifest


def test_the_manifest_names_the_images_and_the_document(
    cast: Cast, there: Placement, objects: tuple[Instance, Instance]
) -> None:
    app = App(link := made(cast, there, may_download=True))

    answer = app.ask()

    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
    studies, document = answer.json()["files"]
    bundle = app.opened(studies["embedded"])
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"]] == [
        "Patient", "Endpoint", "ImagingStudy",
    ]  # fmt: skip
    imaging = bundle["entry"][2]["resource"]
    assert imaging["identifier"][0]["value"] == f"urn:oid:{there.study.study_instance_uid}"
    assert {each["uid"] for each in imaging["series"]} == {
        each.series.series_instance_uid for each in objects
    }
    reference = app.opened(app.get(document["location"]).content.decode())
    attachment = reference["content"][0]["attachment"]
    assert attachment["contentType"] == "application/pdf"
    assert base64.b64decode(attachment["data"]) == beside_files.PDF
    assert row(link).openings == 1


def test_each_manifest_is_an_opening_in_the_trail_with_who_asked(cast: Cast, there: Placement) -> None:
    App(link := made(cast, there, most_openings=2)).ask()

    event = AuditEvent.objects.get(action=Action.GUEST_LINK_OPEN)
    assert (event.detail["recipient"], event.detail["guest_link"]) == ("Dr Lee's app", str(link.uuid))
    assert event.by_label.startswith("Guest link")
    assert App(link).ask().status_code == 200
    assert App(link).ask().status_code == 404
    assert row(link).openings == 2


def test_a_wrong_passcode_says_how_many_tries_are_left_and_the_last_ends_the_link(
    cast: Cast, there: Placement
) -> None:
    app = App(link := made(cast, there, password=PASSWORD))
    without = app.ask()

    wrong = [app.ask(f"wrong-{number}") for number in range(MOST_TRIES)]

    assert (without.status_code, without.json()) == (401, {"remainingAttempts": MOST_TRIES})
    assert [(each.status_code, each.json()["remainingAttempts"]) for each in wrong] == [
        (401, left) for left in (4, 3, 2, 1, 0)
    ]
    assert app.ask(PASSWORD).status_code == 404
    assert (row(link).openings, row(link).end_reason) == (0, "password")


def test_the_right_passcode_opens(cast: Cast, there: Placement) -> None:
    app = App(made(cast, there, password=PASSWORD))

    assert app.ask(PASSWORD).status_code == 200


@pytest.mark.parametrize("how", ["ended", "expired", "the share"])
def test_a_link_that_is_over_opens_neither_manifest_nor_files_nor_images(
    cast: Cast, there: Placement, objects: tuple[Instance, Instance], clock: Any, how: str
) -> None:
    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    share_studies(placements=[there.uuid], targets=to, by=acting(cast.ana))
    shared = placement_of(there.study, cast.emergency)
    app = App(link := made(cast, shared, by=cast.ben))
    files = app.ask().json()["files"]
    endpoint = {
        e["resource"]["resourceType"]: e["resource"] for e in app.opened(files[0]["embedded"])["entry"]
    }
    path = f"{there.study.study_instance_uid}/metadata"
    assert wado(app, endpoint["Endpoint"], path).status_code == 200
    over = {
        "ended": lambda: end_guest_link(link=link.uuid, by=acting(cast.ben)),
        "expired": lambda: clock.move(days=40),
        "the share": lambda: end_shares(shares=[Share.objects.get().uuid], by=acting(cast.ana)),
    }

    over[how]()

    assert app.ask().status_code == 404
    assert app.get(files[1]["location"]).status_code == 404
    assert wado(app, endpoint["Endpoint"], path).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'"a"', b'{"passcode": "x"}', b'{"recipient": "\\u0000"}', b"\xff" * 9,
             b'{"recipient": "\\ud800"}', b'{"recipient": "a", "passcode": "\\ud800"}',
             b'{"recipient": "a", "embeddedLengthMax": -1}', b"[" * 5000],
)  # fmt: skip
def test_a_malformed_manifest_request_is_refused_and_counts_nothing(
    cast: Cast, there: Placement, body: bytes
) -> None:
    app = App(link := made(cast, there, password=PASSWORD))

    answer = app.client.post(app.path, body, content_type="application/json")

    assert answer.status_code == 400
    assert (row(link).openings, row(link).tries_left) == (0, MOST_TRIES)


def test_reading_the_url_opens_nothing_and_other_sites_may_ask(cast: Cast, there: Placement) -> None:
    app = App(link := made(cast, there))

    assert [app.client.get(app.path).status_code, app.client.head(app.path).status_code] == [405, 405]
    before = app.client.options(app.path, headers=OTHER_SITE)
    assert (before.status_code, before["Access-Control-Allow-Methods"]) == (204, "POST")
    assert "Content-Type" in before["Access-Control-Allow-Headers"]
    assert row(link).openings == 0


@pytest.mark.parametrize("token", ["x", "forged-1.abc", "A" * 22 + "-1.", "é-1.é", "-.", "A" * 22 + "-0.a"])
def test_a_url_that_we_did_not_sign_is_nothing(client: Client, token: str) -> None:
    answer = client.post(f"/guest/shl/{token}", {"recipient": "a"}, content_type="application/json")

    assert (answer.status_code, answer.json()) == (404, {})


def test_no_more_is_embedded_than_the_app_wants(cast: Cast, there: Placement) -> None:
    app = App(made(cast, there))

    answer = app.ask(embeddedLengthMax=100).json()

    assert [set(each) for each in answer["files"]] == [{"contentType", "location"}] * 2
    bundle = app.opened(app.get(answer["files"][0]["location"]).content.decode())
    assert bundle["resourceType"] == "Bundle"


def test_a_location_is_for_an_hour_and_its_words_cannot_be_changed(
    cast: Cast, there: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(made(cast, there))
    location = app.ask().json()["files"][1]["location"]

    assert app.get(location[:-2] + "xx").status_code == 404
    monkeypatch.setattr(shlinks, "USABLE_FOR", -shlinks.USABLE_FOR)
    assert app.get(location).status_code == 404


# DICOMweb


def test_the_access_opens_the_links_studies_and_no_other(
    cast: Cast, there: Placement, objects: tuple[Instance, Instance]
) -> None:
    image, _document = objects
    app = App(made(cast, there))
    endpoint = app.resources()["Endpoint"]
    study, other = there.study.study_instance_uid, cast.study.study_instance_uid
    instance = f"{study}/series/{image.series.series_instance_uid}/instances/{image.sop_instance_uid}"

    assert endpoint["connectionType"]["code"] == "dicom-wado-rs"
    metadata = wado(app, endpoint, f"{study}/metadata", Accept="application/dicom+json")
    frame = wado(app, endpoint, f"{instance}/frames/1")
    assert (metadata.status_code, frame.status_code) == (200, 200)
    assert metadata["Access-Control-Allow-Origin"] == "*"
    text = b"".join(metadata).decode()
    assert f"{endpoint['address'].partition('/guest/')[2]}/studies/{study}" in text
    # A whole object is a download, which this link does not allow.
    assert wado(app, endpoint, instance).status_code == 403
    assert wado(app, endpoint, f"{other}/metadata").status_code == 404


def test_a_link_that_allows_a_download_gives_whole_objects(
    cast: Cast, there: Placement, objects: tuple[Instance, Instance]
) -> None:
    image, _document = objects
    app = App(made(cast, there, may_download=True))
    path = f"series/{image.series.series_instance_uid}/instances/{image.sop_instance_uid}"

    answer = wado(app, app.resources()["Endpoint"], f"{there.study.study_instance_uid}/{path}")

    assert answer.status_code == 200
    assert b"DICM" in b"".join(answer)


def test_the_access_of_one_link_opens_nothing_below_another(cast: Cast, there: Placement) -> None:
    app, other = App(made(cast, there)), made(cast, there)
    endpoint = app.resources()["Endpoint"]
    link = UUID(endpoint["address"].partition("/guest/")[2].partition("/")[0])
    path = f"{there.study.study_instance_uid}/metadata"
    assert wado(app, endpoint, path).status_code == 200

    elsewhere = {**endpoint, "address": endpoint["address"].replace(str(link), str(other.uuid))}

    assert wado(app, elsewhere, path).status_code == 401
    assert app.client.get(f"/dicomweb/{cast.ct.uuid}/studies/{path}", headers={
        "Authorization": endpoint["header"][0].partition(": ")[2]
    }).status_code == 401  # fmt: skip


def test_what_the_app_reads_is_in_the_trail_as_the_links(
    cast: Cast, there: Placement, objects: tuple[Instance, Instance]
) -> None:
    app = App(link := made(cast, there))
    endpoint = app.resources()["Endpoint"]
    for _ in range(2):
        wado(app, endpoint, f"{there.study.study_instance_uid}/metadata")

    events = AuditEvent.objects.filter(detail__guest_link=str(link.uuid)).order_by("pk")

    assert [event.action for event in events if event.action != Action.GUEST_LINK_ADD] == [
        Action.GUEST_LINK_OPEN, Action.STUDY_OPEN, Action.IMAGES_SERVED,
    ]  # fmt: skip
    assert not any(name in repr(event.detail) for event in events for name in PATIENTS)

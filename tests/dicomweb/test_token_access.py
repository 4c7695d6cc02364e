"""DICOMweb over HTTP with real tokens: what each state of a token gets, from a browser that is signed in or not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Study
from studies.services import rendering
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import body_of, client_of, take_in, url_of
from tests.studies.test_token_doors import (
    ended_by_the_administrator,
    expired,
    left_the_account,
    left_the_worklist,
    lost_the_download,
    make,
    nothing,
    owner_inactive,
    revoked,
)
from worklists import services

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

OK, UNKNOWN, DENIED, HIDDEN = 200, 401, 403, 404


# What a token opens with the right to open; a whole object needs the right to download as well.
INSTANCE = "/series/2.25.78/instances/2.25.79"
OPENED = [
    "/metadata", "/rendered", "/thumbnail",
    *(f"{INSTANCE}{rest}" for rest in (
        "/metadata", "/frames/1", "/frames/1/rendered", "/frames/1/thumbnail", "/rendered", "/thumbnail",
        "/bulkdata/00080018", "/bulkdata/7FE00010",
    )),
]  # fmt: skip
WHOLE = ["", "/series/2.25.78", INSTANCE]


@pytest.fixture(autouse=True, scope="module")
def ended() -> Iterator[None]:
    """The child that these tests started ends with them."""
    yield
    rendering._renderer._stop()


@pytest.fixture
def study(cast: Cast, dicom_storage: Any) -> Study:
    known = sound(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79")
    take_in(cast.ct, [known, sound(StudyInstanceUID="2.25.77")])
    return Study.objects.get(study_instance_uid="2.25.77")


def asked(secret: str, url: str, client: Client | None = None) -> int:
    answer = (client or Client()).get(url, headers={"Authorization": f"Bearer {secret}"})
    body_of(answer)
    return int(answer.status_code)


@pytest.mark.parametrize("signed_in", ["nobody", "ana"])
@pytest.mark.parametrize(
    ("happens", "opened", "whole"),
    [
        (nothing, OK, OK),
        (revoked, UNKNOWN, UNKNOWN),
        (ended_by_the_administrator, UNKNOWN, UNKNOWN),
        (expired, UNKNOWN, UNKNOWN),
        (owner_inactive, UNKNOWN, UNKNOWN),
        (left_the_worklist, HIDDEN, HIDDEN),
        (left_the_account, HIDDEN, HIDDEN),
        (lost_the_download, OK, DENIED),
    ],
)
def test_a_token_gets_what_its_owner_may_have_now(
    cast: Cast,
    study: Study,
    clock: Any,
    happens: Callable[[Cast, Any, Any], None],
    opened: int,
    whole: int,
    signed_in: str,
) -> None:
    made = make(cast.ana, cast.ct)
    client = client_of(cast.ana) if signed_in == "ana" else Client()
    happens(cast, made, clock)

    answers = {rest: asked(made.secret, url_of(cast.ct, study, rest), client) for rest in (*OPENED, *WHOLE)}
    assert answers == {**dict.fromkeys(OPENED, opened), **dict.fromkeys(WHOLE, whole)}


def test_the_cookie_of_a_signed_in_person_adds_nothing_to_a_token(cast: Cast, study: Study) -> None:
    theirs, narrowed = make(cast.caro, cast.imaging), make(cast.ana, cast.ana.personal_worklist)
    viewers = make(cast.vera, cast.ct)
    ana = client_of(cast.ana)

    rests = {**dict.fromkeys(OPENED, OK), **dict.fromkeys(WHOLE, DENIED)}
    assert rests
    for rest, viewers_answer in rests.items():
        url = url_of(cast.ct, study, rest)
        assert ana.get(url).status_code == OK
        assert asked(theirs.secret, url, ana) == HIDDEN
        assert asked(narrowed.secret, url, ana) == HIDDEN
        assert asked(viewers.secret, url, ana) == viewers_answer


def test_a_sender_reads_nothing_at_all(cast: Cast, study: Study) -> None:
    made = services.add_sender(
        account=cast.northgate, worklist=cast.ct, name="PACS", last_day=day_of(), by=acting(cast.adam)
    )

    for rest in (*OPENED, *WHOLE):
        assert asked(made.secret, url_of(cast.ct, study, rest)) == HIDDEN


def test_the_first_request_after_the_revocation_is_refused(cast: Cast, study: Study) -> None:
    made = make(cast.ana, cast.ct)
    url = url_of(cast.ct, study, "/metadata")
    before = [asked(made.secret, url) for _ in range(3)]

    services.revoke_token(by=acting(cast.ana), token=made.token.uuid)

    assert (before, asked(made.secret, url)) == ([OK] * 3, UNKNOWN)


def test_the_trail_names_the_token_beside_its_owner(cast: Cast, study: Study) -> None:
    made = make(cast.ana, cast.ct)
    asked(made.secret, url_of(cast.ct, study))

    event = AuditEvent.objects.filter(action=Action.IMAGES_SERVED).get()
    assert (event.by_id, event.detail["token_name"], event.ip_address) == (cast.ana.pk, "Script", "127.0.0.1")


def test_no_token_is_taken_from_a_url(cast: Cast, study: Study) -> None:
    made = make(cast.ana, cast.ct)

    answer = Client().get(
        url_of(cast.ct, study, "/metadata"), {"token": made.secret, "access_token": made.secret}
    )

    assert answer.status_code == UNKNOWN

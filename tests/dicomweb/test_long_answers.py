"""Answers of many instances: the right is asked again before each, and the answer breaks off once it has ended."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pydicom.uid import DeflatedExplicitVRLittleEndian

from audit.actor import OPERATOR
from common.exceptions import NothingThere
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies.dicomweb.views import metadata
from studies.models import Study
from studies.services import rendering
from tests.bad_files import as_bytes, dicom, dicom_storage
from tests.cast import Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import client_of, take_in, url_of
from tests.dicomweb.storing import bearer
from tests.factories import membership_of, placement_of
from worklists import services

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

UID, N = "2.25.77", 5
LITTLE = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1'
XML = 'multipart/related; type="application/dicom+xml"'
# Of each answer the URL, what is accepted, and what each of its instances begins with.
ANSWERS = [
    ("", "", b"Content-Location"),
    ("/series/2.25.78", "", b"Content-Location"),
    ("", LITTLE, b"Content-Location"),
    ("/rendered", "", b"Content-Location"),
    ("/metadata", "", b'"00080018"'),
    ("/metadata", XML, b"Content-Location"),
]


@pytest.fixture(autouse=True, scope="module")
def ended() -> Iterator[None]:
    """The child that these tests started ends with them."""
    yield
    rendering._renderer._stop()


@pytest.fixture(autouse=True)
def asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of metadata the right is asked at every hundredth."""
    monkeypatch.setattr(metadata, "ASKED_EVERY", 1)


@pytest.fixture
def study(cast: Cast, dicom_storage: Any) -> Study:
    files = [
        as_bytes(
            dicom(StudyInstanceUID=UID, SeriesInstanceUID="2.25.78", InstanceNumber=number),
            syntax=DeflatedExplicitVRLittleEndian,
        )
        for number in range(N)
    ]
    take_in(cast.ct, files)
    return Study.objects.get(study_instance_uid=UID)


def begun(client: Client, url: str, accept: str, secret: str, mark: bytes) -> tuple[Iterator[bytes], bytes]:
    """An answer until its second instance has begun, and the rest of it."""
    headers = {**({"Accept": accept} if accept else {}), **(bearer(secret) if secret else {})}
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200
    pieces, body = iter(answer.streaming_content), b""  # type: ignore[attr-defined]  # such answers stream
    while body.count(mark) < 2:
        body += next(pieces)
    return pieces, body


def breaks_off(pieces: Iterator[bytes], body: bytes, mark: bytes) -> None:
    """What has begun may be finished; nothing of a fourth instance is sent, and no end."""
    with pytest.raises(NothingThere):
        for piece in pieces:
            body += piece
    assert body.count(mark) <= 3
    assert not body.endswith((b"--\r\n", b"]"))


@pytest.mark.parametrize(("rest", "accept", "mark"), ANSWERS)
@pytest.mark.parametrize("through", ["session", "token"])
def test_a_share_that_ends(
    cast: Cast, study: Study, rest: str, accept: str, mark: bytes, through: str
) -> None:
    report = share_studies(
        placements=[placement_of(study, cast.ct).uuid],
        targets=[Target(Method.CODE, "RIVERSIDE")],
        by=acting(cast.ana),
    )
    secret = token(cast.caro, cast.imaging) if through == "token" else ""
    client = Client() if secret else client_of(cast.caro)
    pieces, body = begun(client, url_of(cast.imaging, study, rest), accept, secret, mark)

    end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))

    breaks_off(pieces, body, mark)


def token(person: Any, worklist: Any) -> str:
    return services.make_token(
        by=acting(person), name="Script", worklists=[worklist.uuid], last_day=day_of()
    ).secret


def revoked(cast: Cast, client: Client, clock: Any) -> None:
    services.revoke_token(by=acting(cast.ana), token=cast.ana.access_tokens.get().uuid)


def expired(cast: Cast, client: Client, clock: Any) -> None:
    clock.move(days=2)


def signed_out(cast: Cast, client: Client, clock: Any) -> None:
    client.logout()


def left(cast: Cast, client: Client, clock: Any) -> None:
    services.remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=OPERATOR)


@pytest.mark.parametrize(
    ("through", "happens"),
    [("token", revoked), ("token", expired), ("token", left), ("session", signed_out), ("session", left)],
)
def test_a_token_a_visit_or_a_membership_that_ends(
    cast: Cast, study: Study, clock: Any, through: str, happens: Callable[[Cast, Client, Any], None]
) -> None:
    secret = token(cast.ana, cast.ct) if through == "token" else ""
    client = Client() if secret else client_of(cast.ana)
    mark = b"Content-Location"
    pieces, body = begun(client, url_of(cast.ct, study), "", secret, mark)

    happens(cast, client, clock)

    breaks_off(pieces, body, mark)


@pytest.mark.parametrize(("rest", "accept", "mark"), ANSWERS)
def test_while_the_right_stays_all_is_sent(
    cast: Cast, study: Study, rest: str, accept: str, mark: bytes
) -> None:
    pieces, body = begun(client_of(cast.ana), url_of(cast.ct, study, rest), accept, "", mark)

    assert (body + b"".join(pieces)).count(mark) == N

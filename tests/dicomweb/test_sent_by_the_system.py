"""A range of a stored file that the server has the system send: the same bytes as the pieces, opened when sent."""

import io
import sys
from collections.abc import Callable
from typing import Any
from wsgiref.util import FileWrapper

import pytest
from django.core.wsgi import get_wsgi_application

from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dicomweb.asking import body_of, client_of, root_of, take_in

__all__ = ["dicom_storage"]
# Between requests a server gives up what it holds of a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

DATA = bytes(range(256)) * 2
FILE = sound(
    StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79", NumberOfFrames=4, PixelData=DATA
)  # fmt: skip
OCTETS = {"Accept": "application/octet-stream"}
DICOM = {"Accept": "application/dicom"}

Ask = Callable[..., Any]


@pytest.fixture
def url(cast: Cast, dicom_storage: Any) -> str:
    take_in(cast.ct, [FILE])
    return f"{root_of(cast.ct)}/studies/2.25.77/series/2.25.78/instances/2.25.79"


@pytest.fixture
def ask(cast: Cast) -> Ask:
    """As a server with `wsgi.file_wrapper` asks: what it would hand to the system."""
    cookies = "; ".join(f"{name}={each.value}" for name, each in client_of(cast.ana).cookies.items())
    application = get_wsgi_application()

    def asked(path: str, method: str = "GET", **headers: str) -> Any:
        return application(
            {
                "REQUEST_METHOD": method, "PATH_INFO": path, "SERVER_NAME": "testserver", "SERVER_PORT": "80",
                "REMOTE_ADDR": "127.0.0.1", "HTTP_COOKIE": cookies, "wsgi.input": io.BytesIO(),
                "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.file_wrapper": FileWrapper, **headers,
            },
            lambda status, headers: None,
        )  # fmt: skip

    return asked


@pytest.mark.parametrize(
    ("rest", "headers", "sent"),
    [
        ("/frames/2", {"HTTP_ACCEPT": OCTETS["Accept"]}, DATA[128:256]),
        ("", {"HTTP_ACCEPT": DICOM["Accept"]}, FILE),
        ("", {"HTTP_ACCEPT": DICOM["Accept"], "HTTP_RANGE": "bytes=100-299"}, FILE[100:300]),
    ],
)
def test_the_server_is_given_the_file_at_the_range(
    url: str, ask: Ask, rest: str, headers: dict[str, str], sent: bytes
) -> None:
    answer = ask(f"{url}{rest}", **headers)

    assert isinstance(answer, FileWrapper)
    file = answer.filelike
    with open(file.fileno(), "rb", closefd=False) as at_once:
        assert at_once.read(len(sent)) == sent
    file.seek(file.start)
    assert b"".join(answer) == sent


def test_what_has_many_parts_is_written_in_pieces(url: str, ask: Ask) -> None:
    answer = ask(f"{url}/frames/1,2", HTTP_ACCEPT='multipart/related; type="application/octet-stream"')

    assert not isinstance(answer, FileWrapper)
    assert DATA[:128] in b"".join(answer)


def test_the_file_is_closed_with_the_answer_and_not_opened_for_its_head(url: str, ask: Ask) -> None:
    answer, head = (
        ask(f"{url}/frames/1", method, HTTP_ACCEPT=OCTETS["Accept"]) for method in ("GET", "HEAD")
    )
    opened = answer.filelike._opened()

    answer.close()

    assert opened.closed
    assert not isinstance(head, FileWrapper)
    assert b"".join(head) == b""


def test_without_such_a_server_the_pieces_are_sent(cast: Cast, url: str) -> None:
    assert body_of(client_of(cast.ana).get(f"{url}/frames/2", headers=OCTETS)) == DATA[128:256]

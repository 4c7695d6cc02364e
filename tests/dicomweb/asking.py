"""Asking a DICOMweb URL as a person of the cast, and reading an answer of many parts."""

from collections.abc import Iterable
from email import message_from_bytes
from typing import Any

from django.test import Client

from studies.models import Study
from studies.services import take_in_all
from tests.bad_files import source
from tests.cast import IMPORTER
from worklists.models import Worklist


def client_of(person: Any, **more: Any) -> Client:
    client = Client(**more)
    if person is not None:
        client.force_login(person)
    return client


def take_in(worklist: Worklist, files: Iterable[bytes]) -> None:
    result = take_in_all(worklist=worklist, by=IMPORTER, sources=[source(data) for data in files])
    assert not result.left_out


def root_of(worklist: Worklist) -> str:
    return f"/dicomweb/{worklist.uuid}"


def url_of(worklist: Worklist, study: Study, rest: str = "") -> str:
    return f"{root_of(worklist)}/studies/{study.study_instance_uid}{rest}"


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def parts_of(response: Any) -> list[tuple[dict[str, str], bytes]]:
    """The parts by Python's own reader of multipart messages, which nobody here wrote."""
    head = f"Content-Type: {response['Content-Type']}\r\n\r\n".encode()
    body = body_of(response)
    # Of parts that are made while they are sent nobody knows it.
    assert len(body) == int(response.get("Content-Length", len(body)))
    message = message_from_bytes(head + body)
    assert message.is_multipart()
    headers = [{name.lower(): value for name, value in part.items()} for part in message.get_payload()]
    parts = list(zip(headers, _raw(body, response), strict=True))
    assert [int(each["content-length"]) for each, _data in parts] == [len(data) for _each, data in parts]
    return parts


def _raw(body: bytes, response: Any) -> list[bytes]:
    """The bytes of the parts: the mail reader decodes them as text."""
    boundary = response["Content-Type"].rpartition("boundary=")[2].encode()
    pieces = body.split(b"--" + boundary)
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    return [piece.partition(b"\r\n\r\n")[2][:-2] for piece in pieces[1:-1]]

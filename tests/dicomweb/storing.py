"""Storing by DICOMweb: messages as clients write them, and requests with a session, a token or a sender's."""

from collections.abc import Iterable
from typing import Any

from django.test import Client

from tests.cast import Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import root_of
from worklists import services
from worklists.models import Worklist

BOUNDARY = "a-line-of-no-file"
MULTIPART = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
PART = b"Content-Type: application/dicom\r\n\r\n"


def message(files: Iterable[bytes], *, boundary: str = BOUNDARY, head: bytes = PART) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + head + file + b"\r\n" for file in files) + mark + b"--\r\n"


def post(
    client: Client,
    worklist: Worklist,
    body: bytes,
    content_type: str = MULTIPART,
    *,
    study: str = "",
    **more: Any,
) -> Any:
    url = f"{root_of(worklist)}/studies{'/' if study else ''}{study}"
    return client.generic("POST", url, body, content_type, **more)


def store(client: Client, worklist: Worklist, *files: bytes, **more: Any) -> Any:
    return post(client, worklist, message(files), **more)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def sender_of(cast: Cast, worklist: Worklist | None = None) -> str:
    """The secret of a sender into the worklist."""
    return services.add_sender(
        account=cast.northgate,
        worklist=worklist or cast.ct,
        name="PACS",
        last_day=day_of(),
        by=acting(cast.adam),
    ).secret


def listed(answer: Any, tag: str) -> list[Any]:
    """The items of a sequence of the answer, each with the first value of each attribute."""
    items = answer.json().get(tag, {}).get("Value", [])
    return [{tag: element.get("Value", [None])[0] for tag, element in item.items()} for item in items]

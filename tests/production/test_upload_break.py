"""An upload through the proxy whose connection breaks in the middle of a part: continued, nothing of it sent again."""

import hashlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from accounts.models import User
from studies.models import Blob, Instance, Upload
from tests.bad_files import as_bytes, dicom, sound
from tests.factories import PASSWORD, join, make_account, make_location, make_uid, make_user
from tests.processes import eventually
from tests.production.people import Guest
from tests.production.stack import Stack
from worklists.models import Worklist

pytestmark = [pytest.mark.process, pytest.mark.slow]

SENDER = "127.0.0.43"
PIECE = 700_000
# How much of the body of a request is sent before the connection is cut.
BREAKS = (0.0, 0.5, 0.99)


class Sender(Guest):
    """Sends parts of an upload as the script of the page does, and breaks off as laptops do."""

    worklist: Worklist
    urls: dict[str, str]

    @property
    def files_url(self) -> str:
        return reverse("studies:upload_files", args=[self.worklist.uuid])

    def begin(self, sizes: list[int]) -> None:
        self.get(reverse("studies:upload", args=[self.worklist.uuid]))
        begin = reverse("studies:upload_begin", args=[self.worklist.uuid])
        answer = self.post(begin, n_files=len(sizes), size=sum(sizes))
        assert answer.status == 200, answer.text
        self.urls = json.loads(answer.text)

    def arrived(self) -> dict[str, Any]:
        there: dict[str, Any] = json.loads(self.get(self.urls["arrived"]).text)
        return there

    def part(self, files: list[tuple[str, bytes]], **fields: Any) -> tuple[bytes, dict[str, str]]:
        """The body of a request, and its headers. `files` are names and contents."""
        boundary = uuid4().hex
        fields = {"csrfmiddlewaretoken": self.token, "upload": self.urls["upload"], **fields}
        begin = f"--{boundary}\r\nContent-Disposition: form-data; name="
        body = "".join(f'{begin}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()).encode()
        for name, content in files:
            head = f'{begin}"files"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
            body += head.encode() + content + b"\r\n"
        return body + f"--{boundary}--\r\n".encode(), {
            "Content-Type": f"multipart/form-data; boundary={boundary}"
        }

    def send(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        answer = self._ask("POST", self.files_url, body, headers)
        assert answer.status == 200, answer.text
        told: dict[str, Any] = json.loads(answer.text)
        return told

    def break_off(self, body: bytes, headers: dict[str, str], share: float) -> None:
        """The head, so much of the body, and then nothing."""
        line = self._line()
        line.putrequest("POST", self.files_url)
        cookies = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
        given = {**self.always, **headers, "Cookie": cookies, "Content-Length": str(len(body))}
        for name, value in given.items():
            line.putheader(name, value)
        line.endheaders()
        line.send(body[: int(len(body) * share)])
        line.close()

    def fetch(self, url: str) -> bytes:
        line: http.client.HTTPConnection = self._line()
        cookies = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
        accept = "application/dicom; transfer-syntax=*"
        line.request("GET", url, headers={**self.always, "Cookie": cookies, "Accept": accept})
        answer = line.getresponse()
        assert answer.status == 200
        data = answer.read()
        line.close()
        return data


@pytest.fixture(scope="module")
def made_once() -> dict[str, Any]:
    """What the tests of this module share: a worklist, and its radiologist at a browser."""
    return {}


@pytest.fixture
def sender(stack: Stack, on_its_database: None, made_once: dict[str, Any]) -> Sender:
    if not made_once:
        # An account of their own: the stack's database is that of the other modules too.
        hillside = make_account("Hillside Hospital")
        worklist = make_location(hillside, "Hillside Reporting")
        user = make_user("Hilda Hill", email="hilda@hillside.example")
        join(user, hillside, "Radiologist", [worklist])
        User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD))
        made = Sender(stack, SENDER)
        made.sign_in(user.email, PASSWORD)
        made.worklist = worklist
        made_once["sender"] = made
    sender: Sender = made_once["sender"]
    return sender


def mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def large() -> bytes:
    ds = dicom()
    ds.Rows = ds.Columns = 1024
    ds.PixelData = np.random.default_rng(9).integers(0, 4096, 1024 * 1024, dtype="<u2").tobytes()
    return as_bytes(ds)


def in_the_buffer(stack: Stack) -> Iterator[Path]:
    buffer = Path(stack["nginx-1"].environment["CIMAR_UPLOAD_BUFFER"])
    return (path for path in buffer.rglob("*") if path.is_file())


def test_a_large_file_continues_where_it_broke_off_and_is_the_same(stack: Stack, sender: Sender) -> None:
    data = large()
    sender.begin([len(data)])
    at, tries = 0, []
    while at < len(data):
        fields = {"mark_list": json.dumps([mark(data)]), "start": at, "whole": len(data)}
        body, headers = sender.part([("large.dcm", data[at : at + PIECE])], **fields)
        sender.break_off(body, headers, BREAKS[len(tries) % len(BREAKS)])

        # The page is opened anew: what had arrived before the break is there, and nothing else.
        there = sender.arrived()
        assert there == {"marks": [], "begun": {mark(data): at} if at else {}}

        at = sender.send(body, headers)["arrived"]
        tries.append(at)

    assert tries == [*range(PIECE, len(data), PIECE), len(data)]
    assert sender.arrived()["marks"] == [mark(data)]
    sender.post(sender.urls["end"])
    upload = Upload.objects.filter(uuid=sender.urls["upload"])
    done: Any = eventually(lambda: upload.filter(state=Upload.State.DONE).first(), 120)
    assert (done.n_files, done.n_bytes, done.n_new) == (1, len(data), 1)
    assert Blob.objects.filter(sha256=mark(data), size=len(data)).exists()
    instance = Instance.objects.select_related("study", "series").get(blob__sha256=mark(data))
    url = (
        f"/dicomweb/{sender.worklist.uuid}/studies/{instance.study.study_instance_uid}"
        f"/series/{instance.series.series_instance_uid}/instances/{instance.sop_instance_uid}"
    )
    assert sender.fetch(url) == data
    eventually(lambda: not [*in_the_buffer(stack)], 20)


@pytest.mark.parametrize("share", BREAKS)
def test_of_many_files_those_that_arrived_are_not_sent_again(sender: Sender, share: float) -> None:
    study = make_uid()
    files = [(f"IM{number}", sound(StudyInstanceUID=study)) for number in range(6)]
    sender.begin([len(data) for _name, data in files])

    def of(chosen: list[tuple[str, bytes]]) -> tuple[bytes, dict[str, str]]:
        return sender.part(chosen, mark_list=json.dumps([mark(data) for _name, data in chosen]))

    sender.send(*of(files[:2]))
    sender.break_off(*of(files[2:4]), share)
    there = sender.arrived()["marks"]
    assert there == sorted(mark(data) for _name, data in files[:2])
    rest = [(name, data) for name, data in files if mark(data) not in there]
    sender.send(*of(rest))
    sender.post(sender.urls["end"])

    upload = Upload.objects.filter(uuid=sender.urls["upload"])
    done: Any = eventually(lambda: upload.filter(state=Upload.State.DONE).first(), 120)
    sizes = sum(len(data) for _name, data in files)
    assert (done.n_files, done.n_bytes, done.n_new, done.n_known) == (6, sizes, 6, 0)
    stored = Instance.objects.filter(study__study_instance_uid=study).values_list("blob__sha256", flat=True)
    assert sorted(stored) == sorted(mark(data) for _name, data in files)

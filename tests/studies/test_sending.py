"""Sending to another system: file by file, retried, and what each answer of the destination means."""

from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread

from audit.actions import Action
from studies.models import Sending, Study
from studies.services import (
    send_waiting,
)
from tests.bad_files import dicom_storage
from tests.cast import Cast
from tests.dicomweb.asking import client_of, take_in
from tests.studies.destinations import enter, enter_provider, store_provider, stow_service, uid_in
from tests.studies.sending_steps import (
    UID,
    after,
    after_a_file,
    again,
    ask,
    corrected,
    failed_answer,
    files,
    sentences,
    study,
    this_machine,
)

__all__ = ["dicom_storage", "files", "study", "this_machine"]

pytestmark = pytest.mark.django_db


def test_a_study_is_stored_by_dicomweb_bit_for_bit(cast: Cast, study: Study, files: list[bytes]) -> None:
    with stow_service() as pacs:
        sending = ask(cast, study, enter(cast, pacs.url, secret="sesame"))
        assert send_waiting() == 1

    assert after(sending) == ("done", 4, 0, "")
    assert sorted(pacs.files) == sorted(files)
    assert set(pacs.paths) == {"/dicom-web/studies"}
    assert {headers["Authorization"] for headers in pacs.headers} == {"Bearer sesame"}
    assert sentences(Action.STUDY_SEND, Action.STUDY_SEND_END) == [
        "Adam asked to send the study to the destination “PACS”",
        "The study was sent for Adam to the destination “PACS” (4 images)",
    ]


def test_basic_sign_in_is_sent_as_it_was_typed(cast: Cast, study: Study) -> None:
    with stow_service() as pacs:
        ask(cast, study, enter(cast, pacs.url, username="cimar", secret="sésame"))
        send_waiting()

    assert pacs.headers[0]["Authorization"] == "Basic Y2ltYXI6c8Opc2FtZQ=="


def test_a_study_is_stored_by_dimse(cast: Cast, study: Study, files: list[bytes]) -> None:
    with store_provider() as pacs:
        sending = ask(cast, study, enter_provider(cast, pacs.port))
        assert send_waiting() == 1

    assert after(sending) == ("done", 4, 0, "")
    assert sorted(str(each.SOPInstanceUID) for each in pacs.objects) == sorted(map(uid_in, files))
    assert pacs.data_sets
    assert all(any(file.endswith(data_set) for file in files) for data_set in pacs.data_sets)


@pytest.mark.parametrize("word", ["MediaStorageSOPInstanceUID", "MediaStorageSOPClassUID"])
def test_an_object_is_announced_by_what_its_data_set_says(
    cast: Cast, dicom_storage: Any, files: list[bytes], word: str
) -> None:
    """Whatever the file meta group says: Orthanc refuses what is announced as another object."""
    ds = dcmread(BytesIO(files[0]))
    announced = (str(ds.SOPClassUID), str(ds.SOPInstanceUID))
    setattr(ds.file_meta, word, "1.2.840.10008.5.1.4.1.1.2")
    ds.save_as(odd := BytesIO(), enforce_file_format=False)
    take_in(cast.ct, [odd.getvalue()])
    study = Study.objects.get(study_instance_uid=UID)
    with store_provider() as archive, stow_service() as pacs:
        sendings = [
            ask(cast, study, enter_provider(cast, archive.port)),
            ask(cast, study, enter(cast, pacs.url, name="Web")),
        ]
        send_waiting()

    assert [after(sending) for sending in sendings] == [("done", 1, 0, "")] * 2
    assert archive.announced == [announced]
    assert odd.getvalue().endswith(archive.data_sets[0])
    # A whole file says it itself, and is sent as it was received.
    assert pacs.files == [odd.getvalue()]


def test_corrections_are_sent(cast: Cast, study: Study) -> None:
    corrected(cast, study)
    with stow_service() as pacs, store_provider() as archive:
        by_web = ask(cast, study, enter(cast, pacs.url))
        by_dimse = ask(cast, study, enter_provider(cast, archive.port, name="Archive"))
        send_waiting()

    assert after(by_web)[0] == after(by_dimse)[0] == "done"
    sent = [dcmread(BytesIO(file)) for file in pacs.files] + archive.objects
    assert [each.PatientSex for each in sent] == ["O"] * 8
    assert all(len(each.OriginalAttributesSequence) == 1 for each in sent)


def test_a_correction_in_between_ends_the_sending(cast: Cast, study: Study, monkeypatch: Any) -> None:
    after_a_file(monkeypatch, lambda: corrected(cast, study))
    with stow_service() as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))
        send_waiting()

    assert after(sending) == ("failed", 2, 0, "corrected") and len(pacs.files) == 2


def test_a_destination_that_is_dead_is_called_again_later(cast: Cast, study: Study) -> None:
    with stow_service() as pacs:
        url = pacs.url
    sending = ask(cast, study, enter(cast, url))

    assert send_waiting() == 0
    assert after(sending) == ("waiting", 0, 0, "unreachable")
    assert send_waiting() == 0 and after(sending)[0] == "waiting"
    sending.refresh_from_db()
    assert sending.n_attempts == 1 and sending.due_at > sending.created_at
    Sending.objects.filter(pk=sending.pk).update(n_attempts=20, progressed_at="2000-01-01T00:00Z")
    again(sending)
    assert after(sending) == ("failed", 0, 0, "given_up")


def test_it_continues_where_the_destination_stopped(cast: Cast, study: Study) -> None:
    broken = [True]

    def stops(number: int, file: bytes) -> Any:
        return (503, b"", {}) if number >= 2 and broken[0] else (200, b"{}", {})

    with stow_service(stops) as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))
        send_waiting()
        assert after(sending) == ("waiting", 2, 0, "busy")
        broken[0] = False
        again(sending)

    assert after(sending) == ("done", 4, 0, "")
    taken = [*pacs.files[:2], *pacs.files[3:]]
    assert len(taken) == len(set(taken)) == 4


def test_half_refused_is_sent_in_part(cast: Cast, study: Study) -> None:
    with stow_service(failed_answer) as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))
        send_waiting()

    assert after(sending) == ("partly", 2, 2, "")
    assert sending.refusals == {"kind": 2}
    assert sentences(Action.STUDY_SEND_END) == [
        "The study was not sent whole for Adam to the destination “PACS” (2 images)"
    ]
    page = client_of(cast.adam).get("/sendings/").content.decode()
    assert "Sent in part" in page and "2 images: The destination does not take this kind of image" in page


@pytest.mark.parametrize(
    ("status", "answer", "state", "why"),
    [
        (401, b"", "failed", "sign_in"), (403, b"", "failed", "sign_in"), (404, b"", "failed", "no_service"),
        (301, b"", "failed", "redirect"), (307, b"", "failed", "redirect"),
        (429, b"", "waiting", "busy"), (500, b"", "waiting", "its_error"), (503, b"", "waiting", "busy"),
        (400, b"", "failed", ""), (409, b"not json", "failed", ""), (413, b"", "failed", ""),
        (202, b"", "failed", ""), (202, b"{}", "done", ""), (200, b"", "done", ""), (204, b"", "done", ""),
        (200, b'{"00081198": {"Value": [{}]}}', "failed", ""),
        (200, b'{"00081198": {"Value": [{"00081197": {"Value": [42752]}}]}}', "waiting", "busy"),
        (202, b"[" * 100_000, "failed", ""),
    ],
)  # fmt: skip
def test_what_each_answer_means(
    cast: Cast, study: Study, status: int, answer: bytes, state: str, why: str
) -> None:
    with stow_service(lambda number, file: (status, answer, {"Location": "http://127.0.0.1/"})) as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))
        send_waiting()

    assert (after(sending)[0], after(sending)[3]) == (state, why)


@pytest.mark.parametrize(
    ("status", "state"), [(0xB000, "done"), (0xA700, "waiting"), (0xA900, "failed"), (0xC000, "failed")]
)
def test_what_each_status_of_dimse_means(cast: Cast, study: Study, status: int, state: str) -> None:
    with store_provider(lambda data_set: status) as pacs:
        sending = ask(cast, study, enter_provider(cast, pacs.port))
        send_waiting()

    assert after(sending)[0] == state


def test_a_provider_that_takes_another_transfer_syntax_refuses_each_file(cast: Cast, study: Study) -> None:
    with store_provider(syntaxes=["1.2.840.10008.1.2.4.50"]) as pacs:
        sending = ask(cast, study, enter_provider(cast, pacs.port))
        send_waiting()

    assert after(sending) == ("failed", 0, 4, "") and sending.refusals == {"kind": 4}


def test_an_ae_title_that_is_not_known_there_is_said(cast: Cast, study: Study) -> None:
    with store_provider(require_called_aet=True) as pacs:
        sending = ask(cast, study, enter_provider(cast, pacs.port, ae_title="OTHER"))
        send_waiting()

    assert after(sending) == ("failed", 0, 0, "ae_title")

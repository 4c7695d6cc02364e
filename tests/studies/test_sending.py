"""Sending to another system: file by file, with every right asked again, retried, and never twice at once."""

import json
import logging
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydicom import dcmread

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.services import delete_study
from studies.models import Sending, Study
from studies.sending import stow
from studies.services import (
    begin_sendings,
    cancel_sending,
    correct_study,
    present_values,
    send_waiting,
    sending_out,
    values_mark,
)
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import client_of, take_in
from tests.factories import placement_of, role_of
from tests.studies.destinations import enter, enter_provider, store_provider, stow_service, uid_in
from worklists import services as worklist_services
from worklists.models import Destination

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

UID = "2.25.177"


@pytest.fixture
def files() -> list[bytes]:
    return [
        sound(StudyInstanceUID=UID, SeriesInstanceUID=f"2.25.178{number % 2}", InstanceNumber=number)
        for number in range(4)
    ]


@pytest.fixture
def study(cast: Cast, dicom_storage: Any, files: list[bytes]) -> Study:
    take_in(cast.ct, files)
    return Study.objects.get(study_instance_uid=UID)


@pytest.fixture(autouse=True)
def this_machine(settings: Any) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = ["127.0.0.0/8"]


def ask(cast: Cast, study: Study, destination: Destination, by: Any = None) -> Sending:
    placement = placement_of(study, cast.ct)
    begin_sendings(placements=[placement.uuid], destination=destination.uuid, by=acting(by or cast.adam))
    return Sending.objects.latest("pk")


def after(sending: Sending) -> tuple[str, int, int, str]:
    sending.refresh_from_db()
    return sending.state, sending.n_sent, sending.n_refused, sending.why


def again(sending: Sending) -> None:
    """The pause is over."""
    Sending.objects.filter(pk=sending.pk).update(due_at="2000-01-01T00:00Z")
    send_waiting()


def sentences(*actions: Action) -> list[str]:
    return [sentence(e) for e in AuditEvent.objects.filter(action__in=actions).order_by("pk")]


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


def after_a_file(monkeypatch: Any, change: Any, number: int = 2) -> None:
    """The change is made once so many files were taken, in the middle of a sending."""
    sent, send = [0], stow.Stow.send

    def sends(service: stow.Stow, path: Path) -> None:
        send(service, path)
        sent[0] += 1
        if sent[0] == number:
            change()

    monkeypatch.setattr(stow.Stow, "send", sends)


def corrected(cast: Cast, study: Study) -> None:
    study.refresh_from_db()
    correct_study(
        placement=placement_of(study, cast.ct).uuid,
        by=acting(cast.adam),
        values={**present_values(study), "patient_sex": "O"},
        mark=values_mark(study),
        why="As in the record",
    )


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


def failed_answer(number: int, file: bytes) -> Any:
    failed = {"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0x0122]}}]}}
    return (409, json.dumps(failed).encode(), {}) if number % 2 else (200, b"{}", {})


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


def test_the_right_is_asked_for_each_file(cast: Cast, study: Study, monkeypatch: Any) -> None:
    role = role_of(cast.northgate, "Administrator")
    kept = sorted({each.codename for each in role.permissions.all()} - {"send_study"})
    after_a_file(
        monkeypatch,
        lambda: worklist_services.change_role(
            role=role, name=role.name, permissions=kept, by=acting(cast.adam)
        ),
    )
    with stow_service() as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))
        send_waiting()

    assert after(sending) == ("failed", 2, 0, "right") and len(pacs.files) == 2


def test_a_deleted_study_and_a_removed_destination_stop_it(cast: Cast, study: Study) -> None:
    with stow_service() as pacs:
        destination = enter(cast, pacs.url)
        removed = ask(cast, study, destination)
        worklist_services.end_destination(destination=destination, by=acting(cast.adam))
        send_waiting()
        gone = ask(cast, study, enter(cast, pacs.url, name="Second"))
        delete_study(placement=placement_of(study, cast.ct).uuid, by=acting(cast.adam), why="Wrong patient")
        send_waiting()

    assert after(removed)[3] == "removed" and after(gone)[3] == "gone" and not pacs.files
    assert len(sentences(Action.STUDY_SEND_END)) == 2


def test_a_cancelled_sending_sends_nothing_more(cast: Cast, study: Study, monkeypatch: Any) -> None:
    asked: list[Sending] = []
    after_a_file(monkeypatch, lambda: cancel_sending(sending=asked[0].uuid, by=acting(cast.adam)))
    with stow_service() as pacs:
        asked.append(ask(cast, study, enter(cast, pacs.url)))
        assert send_waiting() == 0
        cancel_sending(sending=asked[0].uuid, by=acting(cast.adam))
        assert send_waiting() == 0

    assert after(asked[0])[0] == "cancelled" and len(pacs.files) == 2
    assert sentences(Action.STUDY_SEND_CANCEL) == [
        "Adam cancelled sending the study to the destination “PACS” (1 image)"
    ]


def test_the_same_press_twice_sends_once(cast: Cast, study: Study) -> None:
    with stow_service() as pacs:
        destination = enter(cast, pacs.url)
        first = ask(cast, study, destination)
        begun = begin_sendings(
            placements=[placement_of(study, cast.ct).uuid], destination=destination.uuid, by=acting(cast.adam)
        )
        assert (begun.started, begun.under_way) == (0, 1)
        send_waiting()
        assert len(pacs.files) == 4 and Sending.objects.count() == 1
        ask(cast, study, destination)
        send_waiting()

    assert after(first)[0] == "done" and len(pacs.files) == 8


def test_nothing_of_the_patient_is_logged(cast: Cast, study: Study, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    with store_provider(lambda data_set: 0xC000) as pacs:
        ask(cast, study, enter_provider(cast, pacs.port))
        with CaptureQueriesContext(connection):
            send_waiting()
    with stow_service(lambda number, file: (500, file, {})) as web:
        ask(cast, study, enter(cast, web.url, name="Web", secret="sesame"))
        send_waiting()

    name = study.patient_name.split("^")[0]
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [line for line in said if name in line or study.patient_id in line or "sesame" in line]
    assert not [line for line in said if UID in line]


def test_the_pages_from_the_menu_to_the_end(cast: Cast, study: Study) -> None:
    adam = client_of(cast.adam)
    placement = placement_of(study, cast.ct)
    with stow_service() as pacs:
        destination = enter(cast, pacs.url)
        assert b"Send to another system" in adam.get(f"/placements/{placement.uuid}/").content
        chosen = adam.post("/studies/send/", {"placement": str(placement.uuid)})
        assert chosen.status_code == 200 and b"PACS" in chosen.content
        missing = adam.post("/studies/send/start/", {"placement": str(placement.uuid)})
        assert missing.status_code == 422 and b"Choose a destination." in missing.content
        form = {"placement": str(placement.uuid), "destination": str(destination.uuid)}
        assert adam.post("/studies/send/start/", form)["Location"] == "/sendings/"
        assert b"Waiting" in adam.get("/sendings/").content
        send_waiting()

    page = adam.get("/sendings/").content.decode()
    assert "<strong>Sent</strong>" in page and "4 of 4" in page
    assert (
        "Send to another system"
        not in client_of(cast.ana).get(f"/placements/{placement.uuid}/").content.decode()
    )
    assert client_of(cast.ana).post("/studies/send/", form).status_code == 403
    assert client_of(cast.ben).post("/studies/send/", form).status_code == 404
    assert b"PACS</bdi>" not in client_of(cast.ana).get("/sendings/").content


def test_a_list_of_sendings_has_a_price(cast: Cast, study: Study) -> None:
    adam = client_of(cast.adam)
    destination = enter(cast, "https://pacs.example/dicom-web")
    ask(cast, study, destination)
    adam.get("/sendings/")
    with CaptureQueriesContext(connection) as one_row:
        adam.get("/sendings/")
    Sending.objects.update(state="cancelled", finished_at="2026-01-01T00:00Z")
    for _number in range(5):
        ask(cast, study, destination)
        Sending.objects.update(state="cancelled", finished_at="2026-01-01T00:00Z")
    with CaptureQueriesContext(connection) as more_rows:
        adam.get("/sendings/")
    assert len(more_rows) == len(one_row)


def test_destinations_of_other_accounts_are_none_of_ours(cast: Cast, study: Study) -> None:
    theirs = worklist_services.add_destination(
        account=cast.riverside, name="Theirs", url="https://pacs.example/d", by=acting(cast.rita)
    )
    form = {"placement": str(placement_of(study, cast.ct).uuid), "destination": str(theirs.uuid)}

    answer = Client()
    answer.force_login(cast.adam)
    shown = answer.post("/studies/send/start/", form)
    assert shown.status_code == 422 and b"Theirs" not in shown.content and not Sending.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_twice_at_once(cast: Cast, study: Study) -> None:
    with stow_service() as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))

        def work() -> None:
            try:
                send_waiting()
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    assert after(sending) == ("done", 4, 0, "")
    assert len(pacs.files) == len(set(pacs.files)) == 4 and pacs.most_at_once == 1


def test_a_worker_whose_claim_was_taken_writes_nothing(cast: Cast, study: Study) -> None:
    with stow_service() as pacs:
        sending = ask(cast, study, enter(cast, pacs.url))
        claimed = sending_out._claim()
        assert claimed is not None
        Sending.objects.filter(pk=sending.pk).update(n_claims=5)
        assert sending_out._carry_on(claimed, 1e12) is False

    assert after(sending)[1:3] == (0, 0) and not pacs.files

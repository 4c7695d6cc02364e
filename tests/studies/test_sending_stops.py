"""A sending stops with the right, the study, the destination or the person, and is never done twice at once."""

import threading
from typing import Any

import pytest
from django.db import connection

from audit.actions import Action
from sharing.services import delete_study
from studies.models import Sending, Study
from studies.services import (
    begin_sendings,
    cancel_sending,
    send_waiting,
    sending_out,
)
from tests.bad_files import dicom_storage
from tests.cast import Cast, acting
from tests.factories import placement_of, role_of
from tests.studies.destinations import enter, stow_service
from tests.studies.sending_steps import after, after_a_file, ask, files, sentences, study, this_machine
from worklists import services as worklist_services

__all__ = ["dicom_storage", "files", "study", "this_machine"]

pytestmark = pytest.mark.django_db


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

"""The pages of sendings, and what no log says of them."""

import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studies.models import Sending, Study
from studies.services import (
    send_waiting,
)
from tests.bad_files import dicom_storage
from tests.cast import Cast, acting
from tests.dicomweb.asking import client_of
from tests.factories import placement_of
from tests.studies.destinations import enter, enter_provider, store_provider, stow_service
from tests.studies.sending_steps import UID, ask, files, study, this_machine
from worklists import services as worklist_services

__all__ = ["dicom_storage", "files", "study", "this_machine"]

pytestmark = pytest.mark.django_db


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

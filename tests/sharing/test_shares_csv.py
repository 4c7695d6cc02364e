"""Shared by me as a CSV file: the person's own shares, safe in a spreadsheet, with an event of the read."""

import csv
import io

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.models import Method
from sharing.selectors import shared_by_me
from studies.models import Placement
from tests.factories import make_study, placement_of
from tests.sharing.share_pages import share

pytestmark = pytest.mark.django_db

URL = reverse("sharing:shared_by_me_csv")


def rows(client):
    answer = client.get(URL)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_each_share_is_a_row_newest_first_and_the_read_is_an_event(client, cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid, note="Left hilum?")
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    share(cast.ben, placement_of(cast.study, cast.emergency), Method.CODE, "RIVERSIDE")
    client.force_login(cast.ana)

    invited, emergency = rows(client)

    assert (invited["With"], invited["State"]) == ("dora@example.net", "Invited")
    assert (emergency["With"], emergency["Organisation"]) == ("Emergency", "Northgate Hospital")
    assert (emergency["Patient"], emergency["MRN"], emergency["Note"]) == (
        "Quill, Hazel", cast.study.patient_id, "Left hilum?",
    )  # fmt: skip
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.detail["rows"], event.account_id) == (
        Action.SHARES_READ,
        2,
        cast.northgate.pk,
    )
    assert "as a CSV file" in sentence(event)


def test_a_study_that_is_no_longer_seen_is_not_named(client, cast):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    own = Placement.objects.get(worklist=cast.ed.personal_worklist)
    share(cast.ed, own, Method.EMAIL, "far@example.net")
    own.delete()
    client.force_login(cast.ed)

    [row] = rows(client)

    assert (row["Patient"], row["MRN"], row["Birth date"], row["Study"]) == ("", "", "", "")
    assert row["With"] == "far@example.net"


def test_no_cell_is_a_formula(client, cast):
    evil = make_study(cast.ct, patient_name="-HYPERLINK(1)^A", description="+cmd|x")
    share(cast.ana, placement_of(evil, cast.ct), Method.LOCATION, cast.emergency.uuid, note="a;@SUM(1)")
    client.force_login(cast.ana)

    [row] = rows(client)

    assert row["Patient"].startswith("'-")
    assert row["Study"].startswith("'+")
    assert row["Note"] == "a;'@SUM(1)"


def test_who_shared_nothing_has_the_heads_alone_and_an_event(client, cast):
    client.force_login(cast.vera)

    assert rows(client) == []
    assert AuditEvent.objects.latest("pk").action == Action.SHARES_READ


@pytest.mark.parametrize("number", [1, 7])
def test_the_file_is_read_in_batches(client, cast, monkeypatch, django_assert_num_queries, number):
    monkeypatch.setattr(shared_by_me, "BATCH", 3)
    for at in range(number):
        share(cast.ana, cast.placement, Method.EMAIL, f"dora{at}@example.net")
    client.force_login(cast.ana)
    rows(client)

    # session, user, the transaction, the clock, the event, its account; and one statement for each batch of three
    with django_assert_num_queries(8 + number // 3):
        assert len(rows(client)) == number

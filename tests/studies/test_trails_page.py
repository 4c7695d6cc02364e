"""The Audit trail tab: who may read it, what each event shows, and that reading it is recorded in it."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied

from accounts.services.people import change_details
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.models import AuditEvent
from audit.selectors import Filters
from audit.services import record
from studies.services.trail import read_trail
from tests.cast import acting
from tests.factories import make_role, membership_of
from tests.studies.trail_pages import address, ana, export_rows, page, sentences
from tests.trails import look, make_world, on, with_names
from worklists import services

__all__ = ["ana"]

READS = Action.AUDIT_READ


def test_the_newest_line_comes_first(cast, ana, client):
    look(cast.placement, cast.ana)
    look(cast.placement, cast.vera)
    assert sentences(page(client, cast.placement)) == ["Vera opened the study", "Ana opened the study"]


def test_the_page_shows_who_what_where_and_what_it_holds(cast, ana, client):
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement).content.decode()
    for text in (
        "Vera opened the study",
        "vera@example.org",
        "CT Reporting",
        "Northgate Hospital",
        "original’s audit trail",
    ):
        assert text in shown


def test_reading_is_in_the_trail_itself(cast, ana, client):
    page(client, cast.placement)
    assert sentences(page(client, cast.placement, action=READS)) == ["Ana read the audit trail"]
    [first, second] = AuditEvent.objects.filter(action=READS).order_by("pk")
    assert (first.by_id, first.placement_uuid, first.ip_address) == (ana.pk, cast.placement.uuid, "127.0.0.1")
    assert second.detail == {"filters": {"action": "audit:trail:list"}}


def test_nothing_is_read_when_reading_cannot_be_recorded(cast, ana, client, monkeypatch):
    def out_of_ink(*args, **kwargs):
        raise RuntimeError("no ink")

    monkeypatch.setattr("studies.services.trail.record", out_of_ink)
    with pytest.raises(RuntimeError, match="no ink"):
        client.get(address(cast.placement))


def test_without_the_right_the_answer_is_403_with_the_sentence_and_one_line(cast, client):
    client.force_login(cast.vera)
    look(cast.placement, cast.ana)
    response = client.get(address(cast.placement))
    assert response.status_code == 403
    assert "does not let you view the audit trail" in response.content.decode()
    assert not AuditEvent.objects.filter(action=READS).exists()
    assert AuditEvent.objects.filter(action=Action.DENIED, study_id=cast.study.pk).count() == 1


def test_without_the_right_a_malformed_page_is_403_all_the_same(cast, client):
    client.force_login(cast.vera)
    assert client.get(address(cast.placement, before="x")).status_code == 403


def test_the_service_asks_for_the_right_itself(cast):
    with pytest.raises(PermissionDenied):
        read_trail(placement=with_names(cast.placement), by=acting(cast.vera), filters=Filters())
    assert not AuditEvent.objects.filter(action=READS).exists()


def test_the_right_alone_without_the_list_is_not_enough(cast, client):
    only_audit = make_role(cast.northgate, "Only audit", ["view_study_audit"])
    services.change_worklist_member(
        membership=membership_of(cast.vera, cast.ct), role=only_audit, by=OPERATOR
    )
    client.force_login(cast.vera)
    assert client.get(address(cast.placement)).status_code == 404


@pytest.mark.parametrize("who", ["caro", "ed", "sue", "ben", "ina"])
def test_who_does_not_see_the_study_gets_404_and_leaves_no_line(cast, client, who):
    client.force_login(getattr(cast, who))
    before = AuditEvent.objects.count()
    assert client.get(address(cast.placement)).status_code == 404
    assert AuditEvent.objects.count() == before


def test_who_is_not_signed_in_is_sent_to_the_sign_in(cast, client):
    response = client.get(address(cast.placement))
    assert response.status_code == 302 and "sign-in" in response["Location"]


def test_a_trail_is_read_only_by_get(cast, ana, client):
    assert client.post(address(cast.placement)).status_code == 405


def test_what_is_below_a_name_and_a_worklist_is_shown_where_it_changes(cast, ana, client):
    look(cast.placement, cast.vera)
    look(cast.placement, cast.ana)
    record(Action.STUDY_DOWNLOAD, by=Actor.of(cast.ana), on=on(with_names(cast.placement)))

    shown = page(client, cast.placement).content.decode()

    table = shown[shown.index("<tbody>") : shown.index("</tbody>")]
    assert table.count("ana@example.org") == table.count("vera@example.org") == 1
    assert table.count(f"P{cast.ana.pk}") == 2
    assert table.count("Northgate Hospital") == 1
    assert "are shown where they differ from the line above" in shown


def test_times_are_shown_in_the_readers_zone(cast, client, clock):
    cast.ana.timezone = "America/New_York"
    cast.ana.save()
    client.force_login(cast.ana)
    clock.set(datetime(2026, 11, 24, 4, 30, tzinfo=UTC))
    record(Action.STUDY_OPEN, by=acting(cast.ana), on=on(with_names(cast.placement)))
    clock.reset()
    shown = page(client, cast.placement).content.decode()
    assert "23 Nov 2026, 23:30" in shown and "America/New_York" in shown


def test_what_a_line_holds_is_text_and_never_markup(cast, ana, client):
    cast.vera.name = "<img src=x onerror=alert(1)>\u202e"
    cast.vera.save()
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement).content.decode()
    assert "<img src=x" not in shown and "\u202e" not in shown
    assert "&lt;img src=x" in shown


def renamed(user, name):
    user.refresh_from_db()
    change_details(user=user, name=name, timezone=user.timezone, by=acting(user))
    user.refresh_from_db()


def test_a_borrowed_name_is_seen_in_every_trail_where_the_person_acts(cast, client):
    world = make_world(cast)
    renamed(cast.caro, "Ana")
    look(world.imaging, cast.caro)
    renamed(cast.caro, "Caro")
    client.force_login(cast.ana)

    shown = page(client, cast.placement)

    assert sentences(shown)[:3] == [
        "Ana changed their name to “Caro”",
        "Ana opened the study",
        "Caro changed their name to “Ana”",
    ]
    lines = shown.context["trail"].events
    theirs = [line for line in lines if line.mark == f"P{cast.caro.pk}"]
    assert {line.domain for line in theirs} == {"example.org"} and {line.email for line in theirs} == {""}
    assert {line.who for line in theirs} == {"Ana", "Caro"}
    assert {line.mark for line in lines if line.who == "Ana"} == {f"P{cast.ana.pk}", f"P{cast.caro.pk}"}
    for text in (f"P{cast.caro.pk}", f"P{cast.ana.pk}", "ana@example.org · P"):
        assert text in shown.content.decode()
    rows = list(export_rows(client, cast.placement))
    assert {row["Person mark"] for row in rows if row["Action"] == "Changed own name"} == {f"P{cast.caro.pk}"}


def test_a_new_name_is_in_the_trail_of_each_account_where_the_person_belongs_or_acted_and_in_no_other(cast):
    services.add_role(account=cast.riverside, name="By Sue", by=acting(cast.sue))
    renamed(cast.ana, "Dr Ana Reed")
    renamed(cast.sue, "Susan")

    renames = AuditEvent.objects.filter(action=Action.USER_RENAME).order_by("pk")

    assert {(line.by_id, line.account_label) for line in renames} == {
        (cast.ana.pk, ""), (cast.ana.pk, "Northgate Hospital"), (cast.sue.pk, ""), (cast.sue.pk, "Riverside Clinic"),
    }  # fmt: skip
    assert all(line.ip_address and (line.role_label or not line.account_id) for line in renames)


def test_who_does_not_act_in_a_trail_is_not_in_it_with_a_new_name(cast, ana, client):
    look(cast.placement, cast.vera)
    renamed(cast.rita, "Vera")
    assert sentences(page(client, cast.placement)) == ["Vera opened the study"]

"""The Audit trail tab: who may read it, its pages and filters, and that reading it is in it."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services.people import change_details
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.forms import A_DATE, LAST_BEFORE_FIRST, NO_SUCH_PAGE
from audit.models import AuditEvent
from audit.selectors import Filters
from audit.services import event, record, record_all
from studies.services.trail import read_trail
from tests.cast import acting
from tests.factories import make_role, membership_of
from tests.trails import look, make_world, on, with_names
from worklists import services

READS = Action.AUDIT_READ


@pytest.fixture
def ana(cast, client):
    client.force_login(cast.ana)
    return cast.ana


def address(placement, **filters):
    return reverse("studies:trail", args=[placement.uuid]) + (f"?{urlencode(filters)}" if filters else "")


def opened(cast, number):
    """That many openings at home, told apart by their role label."""
    where = on(with_names(cast.placement))
    lines = [event(Action.STUDY_OPEN, by=acting(cast.ana), on=where) for _ in range(number)]
    for count, line in enumerate(lines):
        line.detail = {"count": count}
    record_all(lines)


def page(client, *args, **kwargs):
    response = client.get(address(*args, **kwargs))
    assert response.status_code == 200
    return response


def sentences(response):
    return [line.sentence for line in response.context["trail"].events]


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


def test_keyset_pages_lead_to_the_end_and_back(cast, ana, client):
    opened(cast, 120)
    start = page(client, cast.placement, action="views")
    seen = [numbers(start)]
    at = start
    for _ in range(2):
        at = client.get(address(cast.placement) + at.context["older"])
        seen.append(numbers(at))
    assert at.context["trail"].older is None
    assert seen == [list(range(119, 69, -1)), list(range(69, 19, -1)), list(range(19, -1, -1))]
    back = client.get(address(cast.placement) + at.context["newer"])
    assert numbers(back) == seen[1]
    assert numbers(client.get(address(cast.placement) + back.context["newer"])) == seen[0]


def clicks(cast, number):
    """That many times the study, its images and who has access, within seconds."""
    where = on(with_names(cast.placement))
    actions = [Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.ACCESS_READ]
    record_all(event(action, by=acting(cast.ana), on=where) for _ in range(number) for action in actions)


def test_repeats_within_a_minute_are_a_line_that_says_how_many_and_opens_to_each(cast, ana, client):
    clicks(cast, 3)

    shown = page(client, cast.placement, action="views")

    assert sentences(shown) == [
        "Ana viewed who has access",
        "Ana viewed images of the study",
        "Ana opened the study",
    ]
    text = " ".join(shown.content.decode().split())
    assert text.count("<summary>3 times within a minute</summary>") == 3
    moments = AuditEvent.objects.filter(action=Action.STUDY_OPEN).values_list("at", flat=True)
    zone = ZoneInfo(cast.ana.timezone)
    written = [f"{moment.astimezone(zone):%H:%M:%S}</span> Ana opened the study" for moment in moments]
    assert len(written) == text.count("</span> Ana opened the study</li>") == 3
    assert all(each in text for each in written)


def test_the_file_has_each_of_the_repeats(cast, ana, client):
    clicks(cast, 3)
    rows = list(export_rows(client, cast.placement))
    assert [row["Action"] for row in rows].count("Study opened") == 3


def test_pages_of_repeats_have_every_event_once(cast, ana, client):
    look(cast.placement, cast.vera)
    clicks(cast, 150)
    look(cast.placement, cast.ben)

    pages = [page(client, cast.placement, action="views")]
    for _ in range(2):
        pages.append(client.get(address(cast.placement) + pages[-1].context["older"]))

    shown = [line for at in pages for line in at.context["trail"].events]
    assert sum(len(line.moments) for line in shown) == 452
    assert (shown[0].sentence, shown[-1].sentence) == ("Ben opened the study", "Vera opened the study")
    assert pages[-1].context["trail"].older is None
    back = client.get(address(cast.placement) + pages[-1].context["newer"])
    first, second = pages[0].context["trail"], back.context["trail"]
    assert sum(len(line.moments) for line in second.events) == 200
    assert (first.newer, second.older) == (None, pages[1].context["trail"].older)


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


def test_lines_that_come_meanwhile_do_not_shift_the_pages(cast, ana, client):
    opened(cast, 60)
    start = page(client, cast.placement, action="views")
    opened(cast, 30)
    assert numbers(client.get(address(cast.placement) + start.context["older"])) == list(range(9, -1, -1))


def numbers(response):
    return [line.event.detail["count"] for line in response.context["trail"].events]


def test_the_pager_keeps_the_filters(cast, ana, client):
    opened(cast, 60)
    older = page(client, cast.placement, person=cast.ana.pk, action="views").context["older"]
    assert f"person={cast.ana.pk}" in older and "action=views" in older


def test_filter_by_person(cast, ana, client):
    look(cast.placement, cast.ana)
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement, person=cast.vera.pk)
    assert sentences(shown) == ["Vera opened the study"]
    assert shown.context["trail"].people == [(cast.ana.pk, "Ana"), (cast.vera.pk, "Vera")]


def test_filter_by_what_the_site_did_itself(cast, ana, client):
    look(cast.placement, None)
    look(cast.placement, cast.vera)
    assert sentences(page(client, cast.placement, person=0)) == ["CIMAR opened the study"]


def test_a_person_who_is_not_in_the_trail_gives_an_empty_page(cast, ana, client):
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement, person=cast.caro.pk)
    assert sentences(shown) == []
    assert "No entry matches the filters." in shown.content.decode()
    assert "Caro" not in shown.content.decode()


def test_the_list_of_people_names_nobody_the_trail_does_not(cast, client):
    world = make_world(cast)
    client.force_login(cast.ed)
    people = page(client, world.ed).context["trail"].people
    assert [name for _, name in people] == ["Ana", "Ed"]


def test_filter_by_action_and_by_group_of_actions(cast, ana, client):
    make_world(cast)
    one = sentences(page(client, cast.placement, action=Action.SHARE_ADD))
    assert len(one) == 5 and "Ana shared the study with Ed (by email)" in one
    assert len(sentences(page(client, cast.placement, action="views"))) == 5


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-11-24", "2026-11-24", ["b", "a"]),
        ("2026-11-24", "", ["c", "b", "a"]),
        ("", "2026-11-24", ["b", "a", "z"]),
        ("2026-11-25", "2026-11-25", ["c"]),
        ("2026-11-26", "", []),
        ("0001-01-01", "9999-12-31", ["c", "b", "a", "z"]),
    ],
)
def test_dates_are_days_of_the_readers_zone_both_included(cast, client, clock, since, until, found):
    cast.ana.timezone = "America/New_York"  # five hours behind in November
    cast.ana.save()
    client.force_login(cast.ana)
    where = on(with_names(cast.placement))
    moments = {
        "z": datetime(2026, 11, 24, 4, 59, 59, tzinfo=UTC),
        "a": datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
        "b": datetime(2026, 11, 25, 4, 59, 59, tzinfo=UTC),
        "c": datetime(2026, 11, 25, 5, 0, tzinfo=UTC),
    }
    for name, moment in moments.items():
        clock.set(moment)
        record(Action.STUDY_OPEN, by=acting(cast.ana), on=replace(where, role_label=name))
    clock.reset()
    shown = page(client, cast.placement, action="views", since=since, until=until)
    assert [line.event.role_label for line in shown.context["trail"].events] == found


def test_times_are_shown_in_the_readers_zone(cast, client, clock):
    cast.ana.timezone = "America/New_York"
    cast.ana.save()
    client.force_login(cast.ana)
    clock.set(datetime(2026, 11, 24, 4, 30, tzinfo=UTC))
    record(Action.STUDY_OPEN, by=acting(cast.ana), on=on(with_names(cast.placement)))
    clock.reset()
    shown = page(client, cast.placement).content.decode()
    assert "23 Nov 2026, 23:30" in shown and "America/New_York" in shown


NO_PERSON = "Choose a person from the list."
NO_ACTION = "Choose an action from the list."
MALFORMED = [
    ({"before": "x"}, NO_SUCH_PAGE),
    ({"after": "0"}, NO_SUCH_PAGE),
    ({"before": str(2**63)}, NO_SUCH_PAGE),
    ({"before": "9" * 5000}, NO_SUCH_PAGE),
    ({"before": "5", "after": "5"}, NO_SUCH_PAGE),
    ({"since": "2026-02-30"}, A_DATE),
    ({"until": "24/11/2026"}, A_DATE),
    ({"since": "\x00"}, A_DATE),
    ({"since": "2026-11-24", "until": "2026-11-23"}, LAST_BEFORE_FIRST),
    ({"person": "ana"}, NO_PERSON),
    ({"person": "-1"}, NO_PERSON),
    ({"person": str(2**64)}, NO_PERSON),
    ({"action": "study:share:fly"}, NO_ACTION),
    ({"action": "\x00"}, NO_ACTION),
]


@pytest.mark.parametrize("name", ["studies:trail", "studies:trail_csv"])
def test_what_cannot_be_asked_is_answered_with_the_form_and_a_sentence(cast, ana, client, name):
    look(cast.placement, cast.vera)
    there = reverse(name, args=[cast.placement.uuid])
    answers = [(given, sentence, client.get(there, given)) for given, sentence in MALFORMED]
    assert {response.status_code for _, _, response in answers} == {400}
    shown = [(given, sentence, response.content.decode()) for given, sentence, response in answers]
    assert [given for given, sentence, page in shown if sentence not in page] == []
    assert [given for given, _, page in shown if "<form" not in page or "Vera" in page] == []
    assert not AuditEvent.objects.filter(action__startswith="audit:").exists()


def test_a_cursor_past_either_end_gives_an_empty_page(cast, ana, client):
    opened(cast, 3)
    assert sentences(page(client, cast.placement, before=1)) == []
    assert sentences(page(client, cast.placement, after=2**62)) == []


def test_what_a_line_holds_is_text_and_never_markup(cast, ana, client):
    cast.vera.name = "<img src=x onerror=alert(1)>\u202e"
    cast.vera.save()
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement).content.decode()
    assert "<img src=x" not in shown and "\u202e" not in shown
    assert "&lt;img src=x" in shown


def test_a_page_asks_the_same_number_of_questions_for_1_line_and_for_50(cast, ana, client):
    opened(cast, 1)
    page(client, cast.placement)  # the first request of a session writes down when it was
    counts = []
    for more in (0, 49, 100):
        opened(cast, more)
        with CaptureQueriesContext(connection) as asked:
            page(client, cast.placement)
        counts.append(len(asked))
    assert counts == [12, 12, 12]


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


def export_rows(client, placement):
    answer = client.get(reverse("studies:trail_csv", args=[placement.uuid]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return csv.DictReader(io.StringIO(text, newline=""))


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

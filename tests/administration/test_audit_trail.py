"""The trail of an account in the administration, and its file."""

import csv
import io
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership, Role
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.services import leave_account
from tests.administration.test_scope import THEIRS, adam, names_in, riverside
from tests.cast import Cast, acting
from tests.trails import look
from worklists import services

__all__ = ["adam", "riverside"]

pytestmark = pytest.mark.django_db

PRICE_OF_THE_TRAIL = 8


def test_the_trail_is_the_accounts_own(adam: Client, cast: Cast) -> None:
    page = reverse("admin:audit_auditevent_changelist")

    assert names_in(adam.get(page)) == set()
    for typed in ("Caro", "rita@example.org"):
        assert adam.get(page, {"person": typed}).context["trail"].lines == []
        assert adam.get(page, {"person": typed.swapcase()}).context["trail"].lines == []


def test_the_trail_narrows_to_a_person_an_action_and_days(adam: Client, cast: Cast) -> None:
    services.add_role(account=cast.northgate, name="By Adam", by=acting(cast.adam))
    page = reverse("admin:audit_auditevent_changelist")

    by_adam = adam.get(page, {"person": "adam", "action": "account:role:add"})
    long_ago = adam.get(page, {"until": "2001-01-01"})
    wrong = adam.get(page, {"since": "31 Feb"})

    assert [line.sentence for line in by_adam.context["trail"].lines] == ["Adam added the role “By Adam”"]
    assert long_ago.context["trail"].lines == []
    assert (wrong.status_code, wrong.context["trail"]) == (400, None)


def test_the_file_holds_the_same_lines_and_is_in_the_trail_itself(adam: Client, cast: Cast) -> None:
    services.add_role(account=cast.northgate, name="=HYPERLINK", by=acting(cast.adam))

    response = adam.get(reverse("admin:audit_auditevent_csv"), {"action": "account:role:add"})
    file = b"".join(response.streaming_content).decode("utf-8-sig")

    assert "Adam added the role “=HYPERLINK”" in file
    assert [name for name in THEIRS if name in file] == []
    exported = AuditEvent.objects.filter(action="audit:trail:export", account_id=cast.northgate.pk).get()
    assert exported.detail["lines"] == len(file.splitlines()) - 1


def test_the_trail_names_the_study_and_links_to_its_trail_for_who_may_read_that(
    adam: Client, cast: Cast, client: Client
) -> None:
    look(cast.placement, cast.ana)
    page, own = (
        reverse("admin:audit_auditevent_changelist"),
        reverse("studies:trail", args=[cast.placement.uuid]),
    )

    shown = adam.get(page).content.decode()
    rows = csv_rows(adam.get(reverse("admin:audit_auditevent_csv"), {"action": "study:study:open"}))
    client.force_login(cast.sue)  # a superuser without a membership sees no study
    hers = client.get(page).content.decode()

    for text in (shown, hers):
        assert f"Study {cast.study.pk}" in text and cast.study.study_instance_uid in text
    assert f'href="{own}"' in shown and f'href="{own}"' not in hers
    [row] = rows
    assert (row["Study"], row["Study UID"]) == (str(cast.study.pk), cast.study.study_instance_uid)
    assert (row["Person"], row["Person mark"], row["Role"]) == ("Ana", f"P{cast.ana.pk}", "Radiologist")


def test_deactivating_and_reactivating_are_written_as_what_they_are(adam: Client, cast: Cast) -> None:
    membership = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    leave_account(membership=membership.pk, by=acting(cast.adam))
    services.reactivate_member(membership=membership, by=acting(cast.adam))

    shown = adam.get(reverse("admin:audit_auditevent_changelist"), {"person": "adam"}).context["trail"].lines

    assert [(line.sentence, line.action) for line in shown[:2]] == [
        ("Adam reactivated Ana in Northgate Hospital", "Account member reactivated"),
        ("Adam deactivated Ana in Northgate Hospital", "Account member deactivated"),
    ]


def csv_rows(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_page_of_the_trail_costs_the_same_whatever_it_holds(
    adam: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    page = reverse("admin:audit_auditevent_changelist")
    adam.get(page)
    for number in range(60):
        services.add_role(account=cast.northgate, name=f"Role {number}", by=OPERATOR)
    with django_assert_num_queries(PRICE_OF_THE_TRAIL):
        first = adam.get(page)
    with django_assert_num_queries(PRICE_OF_THE_TRAIL):
        second = adam.get(page + first.context["older"])

    assert (len(first.context["trail"].lines), second.status_code) == (50, 200)


def test_no_second_log_is_kept(adam: Client, cast: Cast) -> None:
    adam.post(reverse("admin:accounts_role_add"), {"name": "Logged once"})

    assert Role.objects.filter(name="Logged once").exists()
    assert not LogEntry.objects.exists()

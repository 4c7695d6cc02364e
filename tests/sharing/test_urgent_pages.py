"""The pages of urgent shares: the dialog, the state on each page of a share, the contacts in the administration."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit import clock as now_of
from sharing.models import Share
from tests.cast import Cast
from tests.factories import placement_of
from tests.sharing.urgent import location, open_as, physician, set_contacts, share_urgent

pytestmark = pytest.mark.django_db


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def press(cast: Cast, **typed: str):
    filled = {"placement": str(cast.placement.uuid), "location": str(cast.emergency.uuid), **typed}
    return signed_in(cast.ana).post(reverse("sharing:share_studies"), filled)


def test_the_dialog_offers_times_and_shares_by_one(cast):
    offered = signed_in(cast.ana).post(reverse("sharing:share"), {"placement": str(cast.placement.uuid)})
    assert "Urgent: to be opened by" in offered.content.decode()

    answer = press(cast, urgent="60")

    assert "to be opened by" in answer.content.decode()
    share = Share.objects.get()
    assert timedelta(minutes=59) < share.open_by - share.shared_at <= timedelta(minutes=61)


def test_a_time_that_is_typed_counts_in_the_sharers_zone(cast):
    wanted = timezone.localtime(now_of.now() + timedelta(hours=5)).replace(second=0, microsecond=0)

    press(cast, urgent="at", open_by=f"{wanted:%Y-%m-%dT%H:%M}")

    assert abs(Share.objects.get().open_by - wanted) <= timedelta(hours=1)


@pytest.mark.parametrize(
    "typed", [{"urgent": "at"}, {"urgent": "at", "open_by": "2020-01-01T10:00"}, {"urgent": "soon"}]
)
def test_a_wrong_time_is_refused_beside_its_field(cast, typed):
    assert press(cast, **typed).status_code == 422
    assert not Share.objects.exists()


def test_each_page_says_that_a_share_is_urgent_overdue_and_opened(cast, clock):
    set_contacts(cast, cast.ben)
    [share] = share_urgent(cast, location(cast.emergency), minutes=10)
    ana, ben = signed_in(cast.ana), signed_in(cast.ben)
    there = placement_of(cast.study, cast.emergency)
    pages = [
        (ana, reverse("sharing:shared_by_me")),
        (ana, reverse("sharing:receipt", args=[share.press])),
        (ben, reverse("studies:worklist", args=[cast.emergency.uuid])),
        (ben, reverse("studies:study", args=[there.uuid])),
    ]
    for client, url in pages:
        assert "to be opened by" in page(client, url), url
    # Not so long that the readers are signed out.
    clock.move(minutes=15)
    for client, url in pages:
        assert "Urgent: overdue" in page(client, url), url
    open_as(cast.ben, share)
    for client, url in (pages[0], pages[1], pages[3]):
        assert "Urgent: opened late" in page(client, url), url
    # The list offers to search for urgent studies, and marks none.
    assert "Urgent" not in page(*pages[2]).replace("Urgent, not opened yet", "")


def test_shared_with_me_and_the_file_say_it_too(cast, clock):
    share_urgent(cast, physician(cast.ben))

    assert "to be opened by" in page(signed_in(cast.ben), reverse("sharing:shared_with_me"))
    csv = b"".join(signed_in(cast.ana).get(reverse("sharing:shared_by_me_csv")).streaming_content).decode()
    head, row = csv.splitlines()[:2]
    assert "To be opened by" in head
    assert "Urgent" in row


def test_a_share_is_changed_and_keeps_the_time_it_has(cast):
    [share] = share_urgent(cast)
    url = reverse("sharing:change", args=[share.uuid])
    client = signed_in(cast.ana)
    local = timezone.localtime(share.open_by)
    assert 'value="at" selected' in page(client, url)

    client.post(url, {"note": "Please", "urgent": "at", "open_by": f"{local:%Y-%m-%dT%H:%M}"})
    client.post(url, {"note": "Please", "urgent": ""})

    assert Share.objects.get().open_by is None


def test_contacts_are_set_in_the_administration_and_shown_to_members(cast):
    adam, url = signed_in(cast.adam), reverse("admin:worklists_worklist_urgent", args=[cast.emergency.pk])
    assert "This worklist has no contacts" in page(adam, url)

    assert adam.post(url, {"emails": cast.caro.email, "wait": "30"}).status_code == 422
    adam.post(url, {"emails": f"{cast.ben.email}\n{cast.adam.email}", "wait": "45"})

    assert cast.ben.email in page(adam, url)
    shown = page(signed_in(cast.ben), reverse("worklists:worklist_rights", args=[cast.emergency.uuid]))
    assert "Contacts for urgent studies" in shown
    assert "every 45 minutes" in shown

"""The pages of guest links: the dialog, the URL that is shown once, the lists, extending and ending."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboxMail
from common.days import end_of_day
from sharing import services
from sharing.models import GuestLink
from sharing.selectors.guest_links import find
from tests.cast import acting
from tests.days import ZONE, day_of
from tests.factories import make_study, placement_of
from tests.sharing.share_pages import HTMX, text

pytestmark = pytest.mark.django_db


def the_form(cast, days=7, **more):
    return {"placement": str(cast.placement.uuid), "until": day_of(days).isoformat(), **more}


def made(cast, by=None, **more):
    return services.make_guest_link(placements=[cast.placement.uuid], by=acting(by or cast.ana), **more)


def test_the_dialog_shows_the_patient_and_the_preset(client, cast):
    client.force_login(cast.ana)

    page = text(
        client.post(reverse("sharing:new_guest_link"), {"placement": str(cast.placement.uuid)}, headers=HTMX)
    )

    assert "Quill, Hazel" in page
    assert f'value="{day_of(7)}"' in page
    assert not GuestLink.objects.exists()


def test_the_url_is_shown_once_and_opens_the_link(client, cast):
    client.force_login(cast.ana)

    page = text(client.post(reverse("sharing:make_guest_link"), the_form(cast, password="violet-42")))

    [token] = set(re.findall(r"/guest/([\w.-]+)/", page))
    link = find(token)
    assert link is not None
    assert (link.made_by, link.may_download) == (cast.ana, False)
    assert "violet-42" not in page
    for name in ("sharing:guest_links", "sharing:study_guest_links"):
        args = [cast.placement.uuid] if "study" in name else []
        assert token not in text(client.get(reverse(name, args=args)))


def test_a_form_that_is_sent_twice_makes_one_link(client, cast):
    client.force_login(cast.ana)
    dialog = text(client.post(reverse("sharing:new_guest_link"), {"placement": str(cast.placement.uuid)}))
    press = re.search(r'name="press" value="([^"]+)"', dialog)
    sent = the_form(cast, press=press[1], recipient_email="lee@example.net")

    pages = [text(client.post(reverse("sharing:make_guest_link"), sent)) for _ in range(2)]

    assert GuestLink.objects.count() == OutboxMail.objects.count() == 1
    assert len({re.search(r"/guest/([\w.-]+)/", page)[1] for page in pages}) == 1
    # A form that was changed makes a link of its own, and so does another person's.
    later = {"until": day_of(9).isoformat()}
    for changed in ({"password": "violet-42"}, {"password": "violet-43"}, {"may_download": "on"}, later):
        client.post(reverse("sharing:make_guest_link"), {**sent, **changed})
    assert GuestLink.objects.count() == 5
    client.force_login(cast.adam)
    client.post(reverse("sharing:make_guest_link"), sent)
    assert GuestLink.objects.filter(made_by=cast.adam).count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"until": ""}, "Enter the last day of the link."),
        ({"until": "2020-01-01"}, "The end date must be today or later."),
        ({"days": 31}, "lets a guest link last until"),
        ({"password": "short"}, "A password has 6 to 128 characters."),
        ({"most_openings": "0"}, "greater than or equal to 1"),
        ({"most_openings": "2000"}, "Enter 1 to 1,000 openings"),
        ({"recipient_email": "nobody"}, "valid email"),
        ({"recipient_name": "a\u202eb"}, "invisible control characters"),
    ],
)
def test_what_is_wrong_is_said_at_the_form_and_nothing_is_made(client, cast, wrong, sentence):
    client.force_login(cast.ana)

    answer = client.post(reverse("sharing:make_guest_link"), the_form(cast, **wrong))

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not GuestLink.objects.exists()


def test_studies_of_two_patients_are_refused_in_words(client, cast):
    other = placement_of(make_study(cast.ct, patient_name="Osei^Kofi", patient_id="K-1"), cast.ct)
    client.force_login(cast.ana)

    answer = client.post(
        reverse("sharing:new_guest_link"), {"placement": [str(cast.placement.uuid), str(other.uuid)]}
    )

    assert answer.status_code == 400
    assert "of one patient" in text(answer)


def test_the_list_says_what_became_of_each(client, cast):
    used = made(cast, recipient_name="Dr Lee", most_openings=2)
    GuestLink.objects.filter(pk=used.pk).update(openings=2)
    ended = made(cast, recipient_name="Dr Osei")
    services.end_guest_link(link=ended.uuid, by=acting(cast.adam))
    made(cast, recipient_name="Dr Anand", recipient_email="anand@example.net", password="violet-42")
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:guest_links")))

    assert ("Used up" in page, "2 of 2 times" in page) == (True, True)
    assert "by Adam" in page
    assert ("anand@example.net" in page, "with a password" in page, "Open" in page) == (True, True, True)
    assert "Quill, Hazel" in page
    assert str(ended.uuid) not in page


@pytest.mark.parametrize(
    ("person", "offered"), [("ana", True), ("adam", True), ("lois", False), ("vera", False)]
)
def test_the_action_and_the_tab_are_offered_with_the_right(client, cast, person, offered):
    client.force_login(getattr(cast, person))
    action = f'formaction="{reverse("sharing:new_guest_link")}"'

    study = text(client.get(reverse("studies:study", args=[cast.placement.uuid])))
    listed = text(client.get(reverse("studies:worklist", args=[cast.ct.uuid])))

    tab = reverse("sharing:study_guest_links", args=[cast.placement.uuid])
    assert (action in study, action in listed, tab in study) == (offered,) * 3


def test_everyones_links_are_for_who_may_see_them(client, cast):
    made(cast, by=cast.adam, recipient_name="Dr Lee")
    client.force_login(cast.ana)
    assert "Dr Lee" not in text(client.get(reverse("sharing:guest_links")))
    assert "Dr Lee" in text(client.get(reverse("sharing:guest_links"), {"everyones": "1"}))
    client.force_login(cast.vera)
    page = text(client.get(reverse("sharing:guest_links"), {"everyones": "1"}))
    assert "Dr Lee" not in page


def test_a_link_is_given_another_last_day_and_ended(client, cast):
    link = made(cast)
    client.force_login(cast.ana)
    to = {"back": reverse("sharing:study_guest_links", args=[cast.placement.uuid])}
    later = day_of(20)

    page = text(client.get(reverse("sharing:extend_guest_link", args=[link.uuid]), to, headers=HTMX))
    assert f'value="{day_of(7)}"' in page
    url = reverse("sharing:extend_guest_link", args=[link.uuid])
    answer = client.post(url, {**to, "until": later.isoformat()})
    assert (answer.status_code, answer["Location"]) == (302, to["back"])
    link.refresh_from_db()
    assert link.expires_at == end_of_day(later, ZONE)
    refused = client.post(url, {**to, "until": day_of(40).isoformat()})
    assert refused.status_code == 422

    assert "It cannot be started again" in text(
        client.get(reverse("sharing:end_guest_link", args=[link.uuid]))
    )
    assert client.post(reverse("sharing:end_guest_link", args=[link.uuid]), to).status_code == 302
    assert client.get(reverse("sharing:end_guest_link", args=[link.uuid])).status_code == 410
    assert "has ended already" in text(
        client.post(reverse("sharing:end_guest_link", args=[link.uuid]), to, follow=True)
    )


def test_a_patient_who_left_the_worklist_is_not_named(client, cast):
    second = make_study(cast.ct, patient_name="Osei^Kofi")
    link = services.make_guest_link(placements=[placement_of(second, cast.ct).uuid], by=acting(cast.ana))
    services.delete_study(placement=placement_of(second, cast.ct).uuid, by=acting(cast.adam), why="wrong")
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:guest_links")))

    assert link.mark in page
    assert ("no longer on the worklist" in page, "Osei" in page) == (True, False)
    assert str(link.uuid) not in page


def test_a_list_costs_the_same_however_long(client, cast):
    client.force_login(cast.ana)
    made(cast)

    def price():
        client.get(reverse("sharing:guest_links"))
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("sharing:guest_links"))
        return len(asked), text(page)

    first, _page = price()
    for number in range(49):
        made(cast, recipient_name=f"Dr {number}")
    fifty, page = price()

    assert "Dr 48" in page
    assert fifty == first <= 12


def test_pages_of_the_list(client, cast):
    for number in range(52):
        made(cast, recipient_name=f"Dr {number}.")
    client.force_login(cast.ana)

    first = text(client.get(reverse("sharing:guest_links")))
    older = re.search(r"\?before=[\w-]+", first)

    assert older is not None
    second = text(client.get(reverse("sharing:guest_links") + older[0]))
    assert ("Dr 51." in first, "Dr 1." in first, "Dr 1." in second) == (True, False, True)
    assert client.get(reverse("sharing:guest_links"), {"before": "nonsense"}).status_code == 400

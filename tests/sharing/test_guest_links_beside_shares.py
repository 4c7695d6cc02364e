"""Guest links as pages list them: beside the shares of a study, and in each state."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Role
from audit.actor import OPERATOR
from sharing import services
from sharing.models import GuestLink, Method
from sharing.services import guest_visits
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.sharing.guests import made
from tests.sharing.share_pages import share, text
from worklists.services import change_role

pytestmark = pytest.mark.django_db


def access(client, placement):
    return client.get(reverse("sharing:access", args=[placement.uuid]))


def part_of(page, worklist):
    section = page.content.decode().partition(f'id="worklist-{worklist.uuid}"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", section).split())


def test_the_access_tab_lists_the_links_of_each_worklist_beside_its_shares(client, cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    shared = placement_of(cast.study, cast.emergency)
    link = made(cast, recipient_name="Dr Lee", most_openings=3)
    guest_visits.open_link(link=link)
    made(cast, shared, by=cast.ben, recipient_name="Dr Osei")
    made(cast, placement_of(make_study(cast.ct), cast.ct), recipient_name="Another study")
    client.force_login(cast.adam)

    page = access(client, cast.placement)

    home, there = part_of(page, cast.ct), part_of(page, cast.emergency)
    assert "Guest link for Dr Lee Open" in home
    assert f"Made by {cast.ana.name}" in home
    assert "Opened 1 of 3 times" in home
    assert "Guest link for Dr Osei" in there and "Dr Osei" not in home
    assert "Another study" not in text(page)
    end = reverse("sharing:end_guest_link", args=[link.uuid])
    assert f'href="{end}?back=%2Fplacements%2F{cast.placement.uuid}%2Faccess%2F"' in page.content.decode()


def test_without_the_right_to_see_all_a_person_is_shown_their_own(client, cast):
    made(cast, recipient_name="Dr Lee")
    made(cast, by=cast.adam, recipient_name="Dr Osei")
    role = Role.objects.get(account=cast.northgate, name="Radiologist")
    ticked = set(role.permissions.values_list("codename", flat=True))
    change_role(role=role, permissions=ticked - {"view_guest_links"}, by=OPERATOR)
    client.force_login(cast.ana)

    page = text(access(client, cast.placement))

    assert "Dr Lee" in page
    assert "Dr Osei" not in page


def test_the_links_of_a_worklist_where_the_reader_is_no_member_are_not_shown(client, cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    made(cast, placement_of(cast.study, cast.emergency), by=cast.ben, recipient_name="Dr Osei")
    client.force_login(cast.ana)

    page = access(client, cast.placement)

    assert part_of(page, cast.emergency)
    assert "Dr Osei" not in text(page)


def test_who_sees_no_link_reads_none(client, cast):
    made(cast, recipient_name="Dr Lee")
    client.force_login(cast.vera)

    assert "Dr Lee" not in text(access(client, cast.placement))


def open_link(cast):
    return made(cast, recipient_name="Dr Lee")


def used_up(cast):
    link = made(cast, recipient_name="Dr Lee", most_openings=1)
    guest_visits.open_link(link=link)
    return link


def locked(cast):
    """While the last tries at its password are judged."""
    link = made(cast, recipient_name="Dr Lee", password="violet-42")
    GuestLink.objects.filter(pk=link.pk).update(tries_left=0)
    return link


def ended_by_its_maker(cast):
    return services.end_guest_link(link=made(cast, recipient_name="Dr Lee").uuid, by=acting(cast.ana))


def ended_by_wrong_passwords(cast):
    link = made(cast, recipient_name="Dr Lee", password="violet-42")
    for _ in range(5):
        with pytest.raises(ValidationError):
            guest_visits.open_link(link=link, password="nothing-like-it")
    return link


def ended_with_its_study(cast):
    study = make_study(cast.ct)
    share(cast.ana, placement_of(study, cast.ct), Method.LOCATION, cast.emergency.uuid)
    link = made(cast, placement_of(study, cast.ct), recipient_name="Dr Lee")
    services.delete_study(placement=placement_of(study, cast.ct).uuid, by=acting(cast.adam), why="theirs")
    return link


def ended_with_a_right(cast):
    link = made(cast, recipient_name="Dr Lee")
    role = Role.objects.get(account=cast.northgate, name="Radiologist")
    ticked = set(role.permissions.values_list("codename", flat=True))
    change_role(role=role, permissions=ticked - {"create_guest_links"}, by=OPERATOR)
    return link


STATES = [
    (open_link, "Open", True),
    (used_up, "Used up opened as often as allowed", True),
    (locked, "Locked no try at the password is left", True),
    (ended_by_its_maker, "Ended by Ana", False),
    (ended_by_wrong_passwords, "Ended too many wrong passwords", False),
    (ended_with_its_study, "Ended the study is no longer on the worklist", False),
    (ended_with_a_right, "Ended the person who made the link may no longer do so", False),
]


@pytest.mark.parametrize(("come_to", "words", "is_alive"), STATES)
def test_each_state_has_its_words_and_only_what_has_not_ended_is_ended(
    client, cast, come_to, words, is_alive
):
    link = come_to(cast)
    client.force_login(cast.adam)

    page = client.get(reverse("sharing:guest_links"), {"everyones": "1"})

    shown = " ".join(re.sub(r"<[^>]*>", " ", page.content.decode()).split())
    assert "Dr Lee" in shown
    assert words in shown
    assert (reverse("sharing:end_guest_link", args=[link.uuid]) in page.content.decode()) == is_alive
    assert ("Dr Lee" in text(access(client, cast.placement))) == is_alive


def test_a_link_whose_last_day_is_over_says_so_before_anyone_notices(client, cast, clock):
    link = made(cast, recipient_name="Dr Lee")
    clock.move(days=20)
    client.force_login(cast.adam)

    page = text(client.get(reverse("sharing:guest_links"), {"everyones": "1"}))

    link.refresh_from_db()
    assert link.ended_at is None
    assert "Ended" in page
    assert "reached its end date" in page
    assert reverse("sharing:end_guest_link", args=[link.uuid]) not in page
    assert "Dr Lee" not in text(access(client, cast.placement))

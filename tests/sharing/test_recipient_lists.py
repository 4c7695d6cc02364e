"""Saved recipient lists: whose they are, what they hold, how they are changed on their page, and when they go."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing.limits import MOST_TARGETS
from sharing.models import ListedRecipient, Method, RecipientList
from sharing.selectors.recipient_lists import lists_of
from sharing.services import delete_worklist
from sharing.services import recipient_lists as services
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_location
from tests.overlap import at_once
from tests.sharing.recipient_lists import number_of_rows, offered, saved

pytestmark = pytest.mark.django_db


# What a list holds


def test_a_list_holds_each_recipient_as_the_dialog_picks_it_and_its_name(cast):
    kept = saved(cast)

    assert [(each.method, each.value, each.label) for each in kept.recipients.all()] == [
        ("location", str(cast.emergency.uuid), "Emergency"),
        ("group", str(cast.chest.uuid), "Chest Clinic"),
        ("physician", f"{cast.ben.uuid}:{cast.northgate.uuid}", cast.ben.name),
        ("code", "RIVERSIDE", "Riverside Clinic — Riverside Imaging"),
        ("email", "gp@practice.example", "gp@practice.example"),
    ]


def test_a_recipient_who_cannot_be_shared_with_now_is_not_saved(cast):
    with pytest.raises(ValidationError, match="no longer exists"):
        saved(cast, recipients=[Target(Method.LOCATION, str(cast.orthopaedics.uuid))])

    assert number_of_rows() == (0, 0)


def test_a_share_code_that_was_not_read_back_is_not_saved(cast):
    with pytest.raises(ValidationError, match="Check the share codes first"):
        saved(cast, recipients=[Target(Method.CODE, "RIVERSIDE")])


@pytest.mark.parametrize(("number", "sentence"), [(0, "Pick at least one"), (MOST_TARGETS + 1, "at most 20")])
def test_a_list_has_from_one_recipient_to_twenty(cast, number, sentence):
    recipients = [Target(Method.EMAIL, f"gp{each}@practice.example") for each in range(number)]

    with pytest.raises(ValidationError, match=sentence):
        saved(cast, recipients=recipients)


def test_a_person_and_a_worklist_have_fifty_lists_each(cast, monkeypatch):
    monkeypatch.setattr(services, "MOST_LISTS", 1)
    saved(cast, "First")
    saved(cast, "First", for_worklist=True)

    for more in ({}, {"for_worklist": True}):
        with pytest.raises(ValidationError, match="There are 1 lists already"):
            saved(cast, "Second", **more)


# Names


@pytest.mark.parametrize(
    "name",
    ["tuesday mdt", "Tuesday  MDT ", "Tuesday\u00adMDT".replace("\u00ad", " \u00ad"), "ＴＵＥＳＤＡＹ MDT"],
)
def test_two_lists_of_one_owner_never_read_the_same(cast, name):
    saved(cast, "Tuesday MDT")

    with pytest.raises(ValidationError, match="There is a list “Tuesday MDT” already"):
        saved(cast, name)

    saved(cast, name, for_worklist=True)
    assert RecipientList.objects.count() == 2


# Whose lists they are


def test_a_worklists_list_is_offered_to_those_who_may_share_there_and_to_no_one_else(cast):
    mine, ours = saved(cast, "Mine"), saved(cast, "Ours", for_worklist=True)

    assert lists_of(acting(cast.ana)) == [ours, mine]
    assert lists_of(acting(cast.lois)) == [ours]
    for person in (cast.vera, cast.ben, cast.caro, cast.ed, cast.ina):
        assert lists_of(acting(person)) == []


def test_anyone_who_may_share_there_changes_a_worklists_list(cast):
    ours = saved(cast, "Ours", for_worklist=True)

    services.change_recipient_list(
        recipient_list=ours.uuid,
        version=1,
        name="Theirs",
        keep=[f"location:{cast.emergency.uuid}"],
        by=acting(cast.lois),
    )

    ours.refresh_from_db()
    assert (ours.name, ours.version, ours.recipients.count()) == ("Theirs", 2, 1)
    with pytest.raises(NothingThere):
        services.remove_recipient_list(recipient_list=ours.uuid, version=2, by=acting(cast.vera))


def test_a_persons_own_list_is_there_for_no_one_else(client, cast):
    mine = saved(cast, "Mine")

    for person in (cast.adam, cast.lois):
        client.force_login(person)
        assert client.get(reverse("sharing:recipient_list", args=[mine.uuid])).status_code == 404
        assert "Mine" not in client.get(reverse("sharing:recipient_lists")).content.decode()
        answer = client.post(reverse("sharing:delete_recipient_list", args=[mine.uuid]), {"version": 1})
        assert answer.status_code == 404


def test_a_list_of_a_worklist_needs_the_right_to_share_there(cast):
    with pytest.raises(PermissionDenied):
        offered(cast, "vera")


# Changing on its page


def test_a_list_is_renamed_and_shortened_on_its_page_and_deleted(client, cast):
    kept = saved(cast)
    client.force_login(cast.ana)
    url = reverse("sharing:recipient_list", args=[kept.uuid])

    keep = [f"location:{cast.emergency.uuid}", "email:gp@practice.example"]
    assert client.post(url, {"version": 1, "name": "Wednesday MDT", "keep": keep}).status_code == 302
    kept.refresh_from_db()
    assert kept.name == "Wednesday MDT"
    assert [each.key for each in kept.recipients.all()] == keep

    old = client.post(url, {"version": 1, "name": "Late", "keep": keep})
    assert old.status_code == 422
    assert "Someone changed this list in the meantime." in old.content.decode()
    none = client.post(url, {"version": 2, "name": "Wednesday MDT"})
    assert none.status_code == 422
    assert "Keep at least one recipient" in none.content.decode()

    delete = reverse("sharing:delete_recipient_list", args=[kept.uuid])
    assert client.post(delete, {"version": 1}).status_code == 422
    assert client.post(delete, {"version": 2}).status_code == 302
    assert number_of_rows() == (0, 0)


# The trail


def test_each_change_is_recorded_without_a_recipient(cast):
    before = AuditEvent.objects.count()
    ours = saved(cast, for_worklist=True)
    services.change_recipient_list(
        recipient_list=ours.uuid,
        version=1,
        name="New",
        keep=["email:gp@practice.example"],
        by=acting(cast.ana),
    )
    services.remove_recipient_list(recipient_list=ours.uuid, version=2, by=acting(cast.ana))

    events = [
        event
        for event in AuditEvent.objects.order_by("pk")[before:]
        if event.action.startswith("account:recipients")
    ]
    assert [(event.action, event.worklist_id) for event in events] == [
        (Action.RECIPIENT_LIST_ADD, cast.ct.pk),
        (Action.RECIPIENT_LIST_CHANGE, cast.ct.pk),
        (Action.RECIPIENT_LIST_REMOVE, cast.ct.pk),
    ]
    assert events[1].detail["removed"] == 4
    assert "practice" not in str([event.detail for event in events])


def test_the_page_of_lists_costs_the_same_however_many(client, cast):
    saved(cast, "First")
    client.force_login(cast.ana)
    client.get(reverse("sharing:recipient_lists"))
    with CaptureQueriesContext(connection) as first:
        client.get(reverse("sharing:recipient_lists"))
    for number in range(12):
        saved(cast, f"List {number}", for_worklist=number % 2 == 0)
    with CaptureQueriesContext(connection) as many:
        page = client.get(reverse("sharing:recipient_lists"))

    assert "List 11" in page.content.decode()
    assert len(many) - len(first) <= 1  # the role on the worklist whose lists are among them
    assert len(many) <= 12


# What goes


def test_a_deactivated_person_keeps_no_list_of_their_own(cast):
    saved(cast, "Mine")
    saved(cast, "Ours", for_worklist=True)

    User.objects.filter(pk=cast.ana.pk).update(is_active=False)

    assert list(RecipientList.objects.values_list("name", flat=True)) == ["Ours"]
    assert ListedRecipient.objects.count() == 5


def test_a_worklist_takes_its_lists_with_it(cast):
    place = make_location(cast.northgate, "Former")
    RecipientList.objects.create(worklist=place, name="Theirs")

    delete_worklist(worklist=place, by=acting(cast.adam))

    assert not RecipientList.objects.exists()


def test_the_database_lets_no_list_be_of_two_owners_or_of_none(cast):
    for owner, worklist in ((None, None), (cast.ana, cast.ct)):
        with (
            pytest.raises(IntegrityError, match="a_recipient_list_is_a_persons_or_a_worklists"),
            transaction.atomic(),
        ):
            RecipientList.objects.create(owner=owner, worklist=worklist, name="Odd")


@pytest.mark.django_db(transaction=True)
def test_two_people_change_a_list_at_once_and_one_is_told(cast):
    kept = saved(cast, for_worklist=True)

    def keeping(person, key):
        return lambda: services.change_recipient_list(
            recipient_list=kept.uuid, version=1, name="Tuesday MDT", keep=[key], by=acting(person)
        )

    outcomes = at_once(
        [keeping(cast.ana, f"location:{cast.emergency.uuid}"), keeping(cast.lois, f"group:{cast.chest.uuid}")]
    )

    [told] = [each for each in outcomes if isinstance(each, ValidationError)]
    assert told.code == "changed"
    assert kept.recipients.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_lists_of_one_name_saved_at_once_are_one(cast):
    for number in range(4):
        outcomes = at_once([lambda number=number: saved(cast, f"Meeting {number}", for_worklist=True)] * 2)

        [told] = [each for each in outcomes if isinstance(each, ValidationError)]
        assert told.code == "taken"
        assert RecipientList.objects.count() == number + 1

"""Saved recipient lists: whose they are, what they hold, and that each recipient is checked anew."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccountMembership, User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing.limits import MOST_TARGETS
from sharing.models import ListedRecipient, Method, RecipientList, Share
from sharing.selectors.recipient_lists import lists_of
from sharing.services import add_share_rule, delete_worklist, leave_account, share_studies
from sharing.services import recipient_lists as services
from sharing.services.dialog import offer
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_group, make_location, placement_of
from tests.overlap import at_once
from worklists.models import Worklist
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


def offered(cast, person="ana"):
    return offer(placements=[cast.placement.uuid], by=acting(getattr(cast, person)))


def five(cast):
    return [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid), cast.northgate.uuid),
        Target(Method.CODE, "RIVERSIDE", is_read_back=True),
        Target(Method.EMAIL, "Gp@Practice.example"),
    ]


def saved(cast, name="Tuesday MDT", *, recipients=None, person="ana", **more):
    return services.save_recipient_list(
        name=name,
        recipients=five(cast) if recipients is None else recipients,
        offer=offered(cast, person),
        by=acting(getattr(cast, person)),
        **more,
    )


def dialog(client, cast, **more):
    return client.post(
        reverse("sharing:share_check"),
        {"placement": [cast.placement.uuid], **more},
        headers={"HX-Request": "true"},
    )


def number_of_rows():
    return RecipientList.objects.count(), ListedRecipient.objects.count()


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


def test_a_list_is_added_in_the_dialog_and_shares_with_everyone_on_it(client, cast):
    kept = saved(cast)
    client.force_login(cast.ana)

    answer = dialog(client, cast, list=kept.uuid)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="location" value="{cast.emergency.uuid}" checked' in " ".join(text.split())
    assert f'name="physician" value="{cast.ben.uuid}:{cast.northgate.uuid}"' in " ".join(text.split())
    assert "Riverside Clinic — Riverside Imaging" in text
    assert 'name="email" value="gp@practice.example"' in " ".join(text.split())
    assert "cannot be shared with" not in text
    assert not Share.objects.exists()


def test_a_share_code_of_a_list_is_looked_up_and_recorded_like_one_that_is_typed(client, cast):
    kept = saved(cast)
    client.force_login(cast.ana)
    before = AuditEvent.objects.filter(action=Action.CODE_LOOK_UP).count()

    dialog(client, cast, list=kept.uuid)

    assert AuditEvent.objects.filter(action=Action.CODE_LOOK_UP).count() == before + 1


def test_what_cannot_be_shared_with_is_named_with_its_reason_and_not_picked(client, cast):
    gone = make_group(cast.northgate, "Former MDT")
    kept = saved(cast, recipients=[*five(cast), Target(Method.GROUP, str(gone.uuid))])
    delete_worklist(worklist=gone, by=acting(cast.adam))
    leave_account(
        membership=AccountMembership.objects.get(user=cast.ben, account=cast.northgate).pk,
        by=acting(cast.adam),
    )
    Worklist.objects.filter(pk=cast.emergency.pk).update(takes_shares=False)
    add_share_rule(
        account=cast.northgate,
        allows=False,
        method="email",
        to="outside",
        reason="Ask IT",
        by=acting(cast.adam),
    )
    Worklist.objects.filter(pk=cast.imaging.pk).update(share_code=None, is_front_door=False)
    client.force_login(cast.ana)

    text = " ".join(dialog(client, cast, list=kept.uuid).content.decode().split())

    assert "<bdi>Former MDT</bdi>: This group no longer exists." in text
    assert f"<bdi>{cast.ben.name}</bdi>: This person is not an active member of the organisation." in text
    assert "<bdi>Emergency</bdi>: This worklist does not accept shares." in text
    assert "<bdi>gp@practice.example</bdi>: " in text
    assert "Ask IT" in text
    assert "RIVERSIDE: No worklist has this share code." in text
    assert f'name="group" value="{cast.chest.uuid}" checked' in text
    assert str(cast.ben.uuid) not in text
    assert 'name="email" value=' not in text


def test_the_reasons_stay_when_the_dialog_is_shown_again(client, cast):
    kept = saved(cast)
    Worklist.objects.filter(pk=cast.emergency.pk).update(takes_shares=False)
    client.force_login(cast.ana)

    text = dialog(client, cast, loaded=kept.uuid).content.decode()

    assert "This worklist does not accept shares." in text


def test_a_new_email_of_a_list_is_still_asked_about_by_the_press(client, cast):
    client.force_login(cast.ana)
    kept = saved(cast, recipients=[Target(Method.EMAIL, "new@practice.example")])
    cast.northgate.types_emails_twice = True
    cast.northgate.save()

    dialog(client, cast, list=kept.uuid)
    answer = client.post(
        reverse("sharing:share_studies"),
        {"placement": [cast.placement.uuid], "email": "new@practice.example", "loaded": kept.uuid},
    )

    assert answer.status_code == 422
    assert not Share.objects.exists()


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


@pytest.mark.parametrize("name", ["", " ", "\u200b", "…", "a\x00b", "\u202eTDM", "x" * 61])
def test_a_name_that_reads_as_nothing_or_deceives_is_refused(client, cast, name):
    client.force_login(cast.ana)

    answer = dialog(client, cast, location=cast.emergency.uuid, step="save_list", list_name=name)

    assert answer.status_code == 422
    assert "The name of a list" in answer.content.decode()
    assert number_of_rows() == (0, 0)


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


def test_of_another_worklist_a_shared_list_is_not_offered(client, cast):
    saved(cast, "Ours", for_worklist=True)
    add_worklist_member(worklist=cast.emergency, user=cast.ana, role=None, by=OPERATOR)
    share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )
    client.force_login(cast.ana)

    there = placement_of(cast.study, cast.emergency)
    assert "Ours" not in client.post(reverse("sharing:share"), {"placement": [there.uuid]}).content.decode()


def test_a_list_of_a_worklist_needs_the_right_to_share_there(cast):
    with pytest.raises(PermissionDenied):
        offered(cast, "vera")


# Saving and changing on the pages


def test_what_is_picked_is_saved_in_the_dialog(client, cast):
    client.force_login(cast.ana)

    answer = dialog(
        client,
        cast,
        location=cast.emergency.uuid,
        step="save_list",
        list_name="Tuesday MDT",
        list_for="worklist",
    )

    [kept] = RecipientList.objects.all()
    assert answer.status_code == 200
    assert "“Tuesday MDT” was saved. Nothing has been shared yet." in answer.content.decode()
    assert (kept.name, kept.worklist, kept.owner) == ("Tuesday MDT", cast.ct, None)
    assert not Share.objects.exists()


def test_the_recipients_of_a_list_are_replaced_in_the_dialog(client, cast):
    kept = saved(cast)
    client.force_login(cast.ana)

    dialog(client, cast, location=cast.emergency.uuid, step="save_list", list_for=f"replace:{kept.uuid}:1")
    late = dialog(client, cast, group=cast.chest.uuid, step="save_list", list_for=f"replace:{kept.uuid}:1")

    kept.refresh_from_db()
    assert [each.label for each in kept.recipients.all()] == ["Emergency"]
    assert kept.version == 2
    assert late.status_code == 422
    assert "Someone changed this list in the meantime." in late.content.decode()


@pytest.mark.parametrize(
    "which", ["replace:", "replace:x:1", "replace:{0}:", "replace:{0}:99999999999", "replace:{0}:²"]
)
def test_a_list_that_is_not_named_well_no_longer_exists(client, cast, which):
    kept = saved(cast)
    client.force_login(cast.ana)

    answer = dialog(
        client, cast, location=cast.emergency.uuid, step="save_list", list_for=which.format(kept.uuid)
    )

    assert answer.status_code == 422
    assert "This list no longer exists." in answer.content.decode()


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

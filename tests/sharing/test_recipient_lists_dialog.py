"""Saved recipient lists in the dialog: a list is added and saved there, and each recipient is checked anew."""

import pytest
from django.urls import reverse

from accounts.models import AccountMembership
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method, RecipientList, Share
from sharing.services import add_share_rule, delete_worklist, leave_account, share_studies
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_group, placement_of
from tests.sharing.recipient_lists import dialog, five, number_of_rows, saved
from worklists.models import Worklist
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("name", ["", " ", "\u200b", "…", "a\x00b", "\u202eTDM", "x" * 61])
def test_a_name_that_reads_as_nothing_or_deceives_is_refused(client, cast, name):
    client.force_login(cast.ana)

    answer = dialog(client, cast, location=cast.emergency.uuid, step="save_list", list_name=name)

    assert answer.status_code == 422
    assert "The name of a list" in answer.content.decode()
    assert number_of_rows() == (0, 0)


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

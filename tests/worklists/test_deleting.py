"""Deleting a worklist, what keeps one, and several members at once."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services as sharing
from sharing.models import Method, ShareRule
from sharing.services import add_share_rule, delete_worklist
from sharing.targets import Target
from studies.models import Upload
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_study, make_user, membership_of, placement_of, role_of
from tests.fingerprint import fingerprint
from worklists import access, services
from worklists.management import access_check
from worklists.models import Worklist, WorklistMembership
from worklists.services import KEEP

pytestmark = pytest.mark.django_db


def fresh(worklist: Worklist) -> Worklist:
    return Worklist.objects.get(pk=worklist.pk)


# Deleting


def test_a_deleted_worklist_takes_memberships_groups_and_rights_along(cast: Cast) -> None:
    services.change_worklist(worklist=cast.chest, share_code="CHEST26", by=OPERATOR)
    services.add_worklist_members(worklist=cast.chest, users=[cast.vera, cast.ben], by=OPERATOR)
    groups = list(Group.objects.filter(worklist_role__worklist=cast.chest).values_list("pk", flat=True))
    assert len(groups) == 3
    worklist_id = cast.chest.pk

    delete_worklist(worklist=cast.chest, by=acting(cast.adam))

    assert not Worklist.objects.filter(pk=worklist_id).exists()
    assert not WorklistMembership.objects.filter(worklist=worklist_id).exists()
    assert not Group.objects.filter(pk__in=groups).exists()
    assert list(access_check.differences()) == []
    event = AuditEvent.objects.get(action=Action.WORKLIST_REMOVE)
    assert (event.by_id, event.worklist_id, event.worklist_label) == (
        cast.adam.pk,
        worklist_id,
        "Chest Clinic",
    )
    assert event.detail == {"kind": "group", "code": "CHEST26", "members": 2}


def _shared_to(cast: Cast) -> None:
    sharing.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.GROUP, str(cast.chest.uuid))],
        by=acting(cast.ana),
    )


def _ended(cast: Cast) -> None:
    report = sharing.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.GROUP, str(cast.chest.uuid))],
        by=acting(cast.ana),
    )
    sharing.end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))


def _home(cast: Cast) -> None:
    make_study(cast.chest)
    make_study(cast.chest)


def _deleted_study(cast: Cast) -> None:
    placement = placement_of(make_study(cast.chest), cast.chest)
    sharing.delete_study(placement=placement.uuid, by=acting(cast.adam), why="Wrong patient")


def _front_door(cast: Cast) -> None:
    services.change_worklist(worklist=cast.chest, share_code="CHEST26", is_front_door=True, by=OPERATOR)


def _upload(cast: Cast) -> None:
    Upload.objects.create(worklist=cast.chest, by=cast.adam)


STAYS: dict[str, tuple[Callable[[Cast], None], str]] = {
    "a live share": (_shared_to, "has had studies or shares"),
    "a share that ended": (_ended, "has had studies or shares"),
    "home to studies": (_home, "holds the originals of 2 studies, so it cannot be deleted"),
    "a deleted study": (_deleted_study, "has had studies or shares"),
    "the front door": (_front_door, "is the account’s front door"),
    "an upload on its way": (_upload, "is still running"),
}


@pytest.mark.parametrize("what", STAYS)
def test_a_worklist_that_something_hangs_on_stays(cast: Cast, what: str) -> None:
    arrange, sentence = STAYS[what]
    arrange(cast)
    before = fingerprint()

    with pytest.raises(ValidationError, match=sentence):
        delete_worklist(worklist=fresh(cast.chest), by=acting(cast.adam))

    assert fingerprint() == before


def test_a_worklist_shares_left_from_stays_too(cast: Cast) -> None:
    """Its study is gone from there; the shares that were made from it go on naming it."""
    _shared_to(cast)
    sharing.share_studies(
        placements=[placement_of(cast.study, cast.chest).uuid],
        targets=[Target(Method.GROUP, str(cast.cardiology.uuid))],
        by=acting(cast.adam),
    )

    with pytest.raises(ValidationError, match="has had studies or shares"):
        delete_worklist(worklist=cast.cardiology, by=acting(cast.adam))


@pytest.mark.parametrize("person", ["ana", "rita", "ina", "ed"])
def test_only_its_administrators_delete_a_worklist(cast: Cast, person: str) -> None:
    before = fingerprint()

    with pytest.raises(PermissionDenied, match="Only an administrator of the account"):
        delete_worklist(worklist=cast.chest, by=acting(getattr(cast, person)))

    assert fingerprint() == before


def test_a_personal_worklist_is_not_deleted_by_anybody(cast: Cast) -> None:
    own = Worklist.objects.get(owner=cast.ed)
    for by in (acting(cast.sue), OPERATOR):
        with pytest.raises(ValidationError, match="cannot be deleted"):
            delete_worklist(worklist=own, by=acting(by))


def test_what_comes_after_a_deletion_is_told_so(cast: Cast) -> None:
    services.add_worklist_member(worklist=cast.chest, user=cast.vera, by=OPERATOR)
    held, membership = fresh(cast.chest), membership_of(cast.vera, cast.chest)
    delete_worklist(worklist=cast.chest, by=OPERATOR)
    before = fingerprint()

    for late in (
        lambda: services.change_worklist(worklist=held, name="Chest", by=acting(cast.adam)),
        lambda: services.make_share_code(worklist=held, by=acting(cast.adam)),
        lambda: services.add_worklist_member(worklist=held, user=cast.ben, by=acting(cast.adam)),
        lambda: services.change_worklist_member(membership=membership, role=None, by=acting(cast.adam)),
        lambda: services.remove_worklist_member(membership=membership, by=acting(cast.adam)),
        lambda: delete_worklist(worklist=held, by=acting(cast.adam)),
    ):
        with pytest.raises(ValidationError, match="a moment ago"):
            late()

    assert fingerprint() == before


# Several members at once


def test_several_get_one_role_and_one_line_each(cast: Cast) -> None:
    role = make_role(cast.northgate, "Reader", ["list_studies"])

    made = services.add_worklist_members(
        worklist=cast.chest, users=[cast.vera, cast.ben, cast.vera], role=role, by=acting(cast.adam)
    )

    assert {one.user for one in made} == {cast.vera, cast.ben}
    assert (
        access.rights(acting(cast.vera), cast.chest)
        == access.rights(acting(cast.ben), cast.chest)
        == {"list_studies"}
    )
    events = AuditEvent.objects.filter(action=Action.WORKLIST_MEMBER_ADD, by_id=cast.adam.pk)
    assert [
        (event.detail["person"], event.detail["role"]) for event in events.order_by("detail__person")
    ] == [
        ("Ben", "Reader"),
        ("Vera", "Reader"),
    ]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "at least one person"),
        (["ben", "caro"], "Only a member of the account"),
        (["ben", "vera", "ana"], "Already members of the worklist: Ana, Vera."),
    ],
)
def test_one_who_cannot_join_keeps_all_of_them_out(cast: Cast, names: list[str], sentence: str) -> None:
    before = fingerprint()

    with pytest.raises(ValidationError, match=sentence):
        services.add_worklist_members(
            worklist=cast.ct, users=[getattr(cast, name) for name in names], by=acting(cast.adam)
        )

    assert fingerprint() == before


def test_nobody_gives_several_what_they_lack(cast: Cast) -> None:
    lea = make_user("Lea")
    join(lea, cast.northgate, make_role(cast.northgate, "Clerk", ["administer_account", "list_studies"]))
    before = fingerprint()

    for role in (
        role_of(cast.northgate, "Viewer"),
        None,
    ):  # of their own, and the one they have in the account
        with pytest.raises(PermissionDenied, match="your own role in this account does not have"):
            services.add_worklist_members(
                worklist=cast.chest, users=[cast.vera, cast.ben], role=role, by=acting(lea)
            )

    assert fingerprint() == before


def test_a_new_code_is_nobodys_yet_and_tells_the_trail_which_it_replaced(cast: Cast) -> None:
    changed = services.make_share_code(worklist=cast.ct, by=acting(cast.adam))

    assert Worklist.objects.filter(share_code=changed.share_code).count() == 1
    event = AuditEvent.objects.get(action=Action.CODE_CHANGE, by_id=cast.adam.pk)
    assert event.detail == {"code": changed.share_code, "was_code": "NGCT2026", "front_door": False}
    assert (
        services.change_worklist(worklist=cast.ct, share_code=KEEP, by=acting(cast.adam)).share_code
        == changed.share_code
    )


def test_the_sharing_rules_that_name_it_are_removed_with_an_event(cast: Cast) -> None:
    account, by = cast.northgate, acting(cast.adam)
    add_share_rule(account=account, by=by, allows=False, to="worklist", to_worklist=cast.chest)
    add_share_rule(account=account, by=by, allows=False, method="email")

    delete_worklist(worklist=cast.chest, by=acting(cast.adam))

    assert [(each.position, each.method) for each in ShareRule.objects.all()] == [(1, "email")]
    removed = AuditEvent.objects.get(action=Action.SHARE_RULE_REMOVE)
    assert (removed.by_id, "Chest Clinic" in removed.detail["rule"]) == (cast.adam.pk, True)

"""Accounts, roles, members and worklists: what the services let happen, and what they refuse."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Account, AccountMembership, Role, User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.cast import Cast, acting
from tests.factories import (
    join,
    make_account,
    make_group,
    make_location,
    make_role,
    make_user,
    membership_of,
    role_of,
)
from tests.fingerprint import AUDIT, fingerprint
from worklists import access, selectors, services
from worklists.models import MailTick, Worklist
from worklists.shipped_roles import SHIPPED_ROLES

pytestmark = pytest.mark.django_db


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


def member(user: User, account: Account) -> AccountMembership:
    return AccountMembership.objects.get(user=user, account=account)


# Every service, with a cast that makes it sensible

DEEDS: dict[str, Callable[[Cast, User | None], object]] = {
    "add_role": lambda cast, by: services.add_role(account=cast.northgate, name="New", by=acting(by)),
    "change_role": lambda cast, by: services.change_role(
        role=role_of(cast.northgate, "Viewer"), permissions=["list_studies"], by=acting(by)
    ),
    "rename_role": lambda cast, by: services.change_role(
        role=role_of(cast.northgate, "Viewer"), name="Reader", by=acting(by)
    ),
    "remove_role": lambda cast, by: services.remove_role(
        role=role_of(cast.northgate, "Referring clinician"), by=acting(by)
    ),
    "replace_role": lambda cast, by: services.replace_role(
        role=role_of(cast.northgate, "Viewer"), other=role_of(cast.northgate, "Radiologist"), by=acting(by)
    ),
    "add_account_member": lambda cast, by: services.add_account_member(
        account=cast.northgate, user=cast.ed, role=role_of(cast.northgate, "Viewer"), by=acting(by)
    ),
    "change_account_member": lambda cast, by: services.change_account_member(
        membership=member(cast.vera, cast.northgate),
        role=role_of(cast.northgate, "Radiologist"),
        by=acting(by),
    ),
    "give_every_worklist": lambda cast, by: services.change_account_member(
        membership=member(cast.vera, cast.northgate), every_worklist=True, by=acting(by)
    ),
    "deactivate_member_without_shares": lambda cast, by: services.deactivate_member_without_shares(
        membership=member(cast.vera, cast.northgate), by=acting(by)
    ),
    "reactivate_member": lambda cast, by: services.reactivate_member(
        membership=member(cast.ina, cast.northgate), by=acting(by)
    ),
    "remove_member_without_shares": lambda cast, by: services.remove_member_without_shares(
        membership=member(cast.ben, cast.northgate), by=acting(by)
    ),
    "add_worklist": lambda cast, by: services.add_worklist(
        account=cast.northgate, kind="group", name="Stroke MDT", by=acting(by)
    ),
    "change_worklist": lambda cast, by: services.change_worklist(
        worklist=cast.ct, takes_shares=False, by=acting(by)
    ),
    "change_code": lambda cast, by: services.change_worklist(
        worklist=cast.ct, share_code="new 2026", by=acting(by)
    ),
    "change_default_role": lambda cast, by: services.change_worklist(
        worklist=cast.ct, default_role=role_of(cast.northgate, "Viewer"), by=acting(by)
    ),
    "move_front_door": lambda cast, by: services.change_worklist(
        worklist=cast.ct, is_front_door=True, by=acting(by)
    ),
    "make_share_code": lambda cast, by: services.make_share_code(worklist=cast.ct, by=acting(by)),
    "remove_worklist_without_shares": lambda cast, by: services.remove_worklist_without_shares(
        worklist=cast.chest, by=acting(by), veto=lambda worklist: ""
    ),
    "add_worklist_member": lambda cast, by: services.add_worklist_member(
        worklist=cast.chest, user=cast.vera, by=acting(by)
    ),
    "add_worklist_members": lambda cast, by: services.add_worklist_members(
        worklist=cast.chest, users=[cast.vera, cast.ben], by=acting(by)
    ),
    "change_worklist_member": lambda cast, by: services.change_worklist_member(
        membership=membership_of(cast.vera, cast.ct),
        role=role_of(cast.northgate, "Radiologist"),
        by=acting(by),
    ),
    "remove_worklist_member": lambda cast, by: services.remove_worklist_member(
        membership=membership_of(cast.vera, cast.ct), by=acting(by)
    ),
}
EVENTS = {
    "add_role": Action.ROLE_ADD,
    "change_role": Action.ROLE_CHANGE,
    "rename_role": Action.ROLE_CHANGE,
    "remove_role": Action.ROLE_REMOVE,
    "replace_role": Action.ROLE_REPLACE,
    "add_account_member": Action.MEMBER_ADD,
    "change_account_member": Action.MEMBER_CHANGE,
    "give_every_worklist": Action.MEMBER_CHANGE,
    "deactivate_member_without_shares": Action.MEMBER_LEAVE,
    "reactivate_member": Action.MEMBER_CHANGE,
    "remove_member_without_shares": Action.MEMBER_LEAVE,
    "add_worklist": Action.WORKLIST_ADD,
    "change_worklist": Action.WORKLIST_CHANGE,
    "change_code": Action.CODE_CHANGE,
    "change_default_role": Action.WORKLIST_CHANGE,
    "move_front_door": Action.CODE_CHANGE,
    "make_share_code": Action.CODE_CHANGE,
    "remove_worklist_without_shares": Action.WORKLIST_REMOVE,
    "add_worklist_member": Action.WORKLIST_MEMBER_ADD,
    "add_worklist_members": Action.WORKLIST_MEMBER_ADD,
    "change_worklist_member": Action.WORKLIST_MEMBER_CHANGE,
    "remove_worklist_member": Action.WORKLIST_MEMBER_REMOVE,
}


@pytest.mark.parametrize("name", DEEDS)
def test_only_administrators_of_that_account_run_it_and_others_change_nothing(cast: Cast, name: str) -> None:
    before = fingerprint()
    for person in (cast.ana, cast.vera, cast.ina, cast.rita, cast.ed, None):
        with pytest.raises(PermissionDenied, match="Only an administrator of the account"):
            DEEDS[name](cast, person)
    assert fingerprint() == before


@pytest.mark.parametrize("person", ["adam", "sue"])
@pytest.mark.parametrize("name", DEEDS)
def test_an_administrator_and_a_superuser_may_and_it_is_audited(cast: Cast, name: str, person: str) -> None:
    by = getattr(cast, person)
    DEEDS[name](cast, by)
    event = last_event()
    assert (event.action, event.by_id, event.outcome) == (EVENTS[name], by.pk, "success")
    assert (event.account_id, event.account_label) == (cast.northgate.pk, "Northgate Hospital")


@pytest.mark.parametrize("name", DEEDS)
def test_what_cannot_be_audited_does_not_happen(
    cast: Cast, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Exception):
        """The audit table takes no row."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise Broken

    before = fingerprint()
    monkeypatch.setattr(AuditEvent.objects, "bulk_create", refuse)
    with pytest.raises(Broken):
        DEEDS[name](cast, cast.adam)
    assert fingerprint() == before


@pytest.mark.parametrize(
    "name", ["change_role", "deactivate_member_without_shares", "change_worklist", "change_code"]
)
def test_the_same_deed_twice_acts_once(cast: Cast, name: str) -> None:
    DEEDS[name](cast, cast.adam)
    before = fingerprint()
    DEEDS[name](cast, cast.adam)
    assert fingerprint() == before


def test_nobody_signed_in_is_not_the_platform(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="Only a superuser of the platform"):
        services.create_account(name="Mine", by=acting(None))


# Accounts


def test_a_new_account_has_the_four_shipped_roles_and_nobody(cast: Cast) -> None:
    account = services.create_account(name="  Hill  Surgery ", by=acting(cast.sue))
    assert account.name == "Hill Surgery"
    shipped = {
        role.name: frozenset(role.permissions.values_list("codename", flat=True))
        for role in account.roles.all()
    }
    assert shipped == SHIPPED_ROLES
    assert not account.memberships.exists()


def test_only_the_platform_makes_accounts(cast: Cast) -> None:
    before = fingerprint()
    with pytest.raises(PermissionDenied, match="Only a superuser"):
        services.create_account(name="Mine", by=acting(cast.adam))
    assert fingerprint() == before


BAD_NAMES = ["", "   ", "x" * 201, "a\x00b", "safe\u202etxt", "zero\u2066width"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_cannot_be_kept_is_refused_with_a_sentence(cast: Cast, name: str) -> None:
    for attempt in (
        lambda: services.create_account(name=name, by=OPERATOR),
        lambda: services.add_role(account=cast.northgate, name=name, by=OPERATOR),
        lambda: services.add_worklist(account=cast.northgate, kind="group", name=name, by=OPERATOR),
        lambda: services.change_worklist(worklist=cast.ct, name=name, by=OPERATOR),
    ):
        with pytest.raises(ValidationError, match="may not|at most"):
            attempt()


def test_names_are_used_once_whatever_their_case(cast: Cast) -> None:
    for attempt in (
        lambda: services.create_account(name="NORTHGATE hospital", by=OPERATOR),
        lambda: services.add_role(account=cast.northgate, name="viewer", by=OPERATOR),
        lambda: services.add_worklist(
            account=cast.northgate, kind="location", name="ct reporting", by=OPERATOR
        ),
        lambda: services.change_worklist(worklist=cast.emergency, name="CT REPORTING", by=OPERATOR),
        lambda: services.change_role(role=role_of(cast.northgate, "Viewer"), name="RADIOLOGIST", by=OPERATOR),
    ):
        with pytest.raises(ValidationError, match="already"):
            attempt()


def test_an_unknown_time_zone_or_permission_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="no such time zone"):
        services.create_account(name="Far", timezone="Mars/Olympus", by=OPERATOR)
    with pytest.raises(ValidationError, match="no such permission"):
        services.add_role(account=cast.northgate, name="Odd", permissions=["fly"], by=OPERATOR)


# Nobody grants what their own account role lacks


@pytest.fixture
def lea(cast: Cast) -> User:
    """An administrator of Northgate with no image rights but the list."""
    role = make_role(cast.northgate, "Clerk", ["administer_account", "list_studies"])
    user = make_user("Lea")
    join(user, cast.northgate, role)
    return user


LACKING = {
    "tick": lambda cast, lea: services.change_role(
        role=role_of(cast.northgate, "Viewer"),
        permissions=["list_studies", "open_study", "upload_study"],
        by=acting(lea),
    ),
    "new role": lambda cast, lea: services.add_role(
        account=cast.northgate, name="Bold", permissions=["open_study"], by=acting(lea)
    ),
    "member": lambda cast, lea: services.add_account_member(
        account=cast.northgate, user=cast.ed, role=role_of(cast.northgate, "Radiologist"), by=acting(lea)
    ),
    "member role": lambda cast, lea: services.change_account_member(
        membership=member(cast.vera, cast.northgate),
        role=role_of(cast.northgate, "Radiologist"),
        by=acting(lea),
    ),
    "own role": lambda cast, lea: services.change_account_member(
        membership=member(lea, cast.northgate), role=role_of(cast.northgate, "Administrator"), by=acting(lea)
    ),
    "every worklist": lambda cast, lea: services.change_account_member(
        membership=member(cast.vera, cast.northgate), every_worklist=True, by=acting(lea)
    ),
    "comeback": lambda cast, lea: services.reactivate_member(
        membership=member(cast.ina, cast.northgate), by=acting(lea)
    ),
    "default role": lambda cast, lea: services.change_worklist(
        worklist=cast.ct, default_role=role_of(cast.northgate, "Radiologist"), by=acting(lea)
    ),
    "worklist member": lambda cast, lea: services.add_worklist_member(
        worklist=cast.chest, user=cast.vera, by=acting(lea)
    ),
    "worklist role": lambda cast, lea: services.change_worklist_member(
        membership=membership_of(cast.vera, cast.ct),
        role=role_of(cast.northgate, "Radiologist"),
        by=acting(lea),
    ),
}


@pytest.mark.parametrize("how", LACKING)
def test_nobody_grants_what_their_own_account_role_lacks(cast: Cast, lea: User, how: str) -> None:
    before = fingerprint()
    with pytest.raises(PermissionDenied, match="your own role in this account does not have"):
        LACKING[how](cast, lea)
    assert fingerprint() == before


def test_the_refusal_names_what_is_lacking_as_clinicians_know_it(cast: Cast, lea: User) -> None:
    with pytest.raises(PermissionDenied, match="You cannot give “Studies: Upload”"):
        LACKING["tick"](cast, lea)


def test_taking_away_and_giving_what_one_has_needs_no_more(cast: Cast, lea: User) -> None:
    listing = services.add_role(
        account=cast.northgate, name="Lister", permissions=["list_studies"], by=acting(lea)
    )
    services.change_role(role=role_of(cast.northgate, "Viewer"), permissions=["list_studies"], by=acting(lea))
    services.change_account_member(membership=member(cast.ana, cast.northgate), role=listing, by=acting(lea))
    assert access.rights(acting(cast.ana), cast.ct) == {"list_studies"}


def test_a_ticked_parent_may_not_wake_a_child_the_giver_lacks(cast: Cast) -> None:
    asleep = make_role(cast.northgate, "Asleep", ["share_study_by_email"])
    half = make_role(cast.northgate, "Half", ["administer_account", "share_study"])
    user = make_user("Hal")
    join(user, cast.northgate, half)
    with pytest.raises(PermissionDenied, match="Share study via email"):
        services.change_role(
            role=asleep, permissions=["share_study", "share_study_by_email"], by=acting(user)
        )


def test_the_membership_that_narrowed_somebody_is_not_removed_by_who_lacks_the_wider_role(
    cast: Cast, lea: User
) -> None:
    viewer = make_role(cast.northgate, "List only", ["list_studies"])
    narrow = services.add_worklist_member(worklist=cast.chest, user=cast.adam, role=viewer, by=OPERATOR)
    with pytest.raises(PermissionDenied, match="your own role"):
        services.remove_worklist_member(membership=narrow, by=acting(lea))
    assert access.rights(acting(cast.adam), cast.chest) == {"list_studies"}


# The last administrator stays

LAST = {
    "role": lambda cast: services.change_account_member(
        membership=member(cast.adam, cast.northgate),
        role=role_of(cast.northgate, "Viewer"),
        by=acting(cast.adam),
    ),
    "leave": lambda cast: services.deactivate_member_without_shares(
        membership=member(cast.adam, cast.northgate), by=acting(cast.adam)
    ),
    "remove": lambda cast: services.remove_member_without_shares(
        membership=member(cast.adam, cast.northgate), by=acting(cast.sue)
    ),
    "untick": lambda cast: services.change_role(
        role=role_of(cast.northgate, "Administrator"), permissions=["list_studies"], by=acting(cast.adam)
    ),
}


@pytest.mark.parametrize("how", LAST)
def test_the_last_administrator_stays(cast: Cast, how: str) -> None:
    before = fingerprint()
    with pytest.raises(ValidationError, match="without an administrator"):
        LAST[how](cast)
    assert fingerprint() == before


@pytest.mark.parametrize("how", ["role", "leave", "remove"])
def test_one_of_two_administrators_may_go(cast: Cast, how: str) -> None:
    join(make_user("Asta"), cast.northgate, "Administrator")
    LAST[how](cast)
    assert not access.administers(acting(cast.adam), cast.northgate)


def test_a_deactivated_person_is_nobodys_second_administrator(cast: Cast) -> None:
    join(make_user("Asta", is_active=False), cast.northgate, "Administrator")
    with pytest.raises(ValidationError, match="without an administrator"):
        LAST["leave"](cast)


# Roles


@pytest.mark.parametrize("use", ["account", "worklist", "default"])
def test_a_role_in_use_is_not_deleted(cast: Cast, use: str) -> None:
    role = make_role(cast.northgate, "Used")
    {
        "account": lambda: join(cast.ed, cast.northgate, role),
        "worklist": lambda: join(cast.ed, cast.northgate, "Viewer", [cast.ct], own_role=role),
        "default": lambda: services.change_worklist(worklist=cast.ct, default_role=role, by=OPERATOR),
    }[use]()
    with pytest.raises(ValidationError, match="in use"):
        services.remove_role(role=role, by=acting(cast.adam))
    assert Role.objects.filter(pk=role.pk).exists()


def test_the_platforms_roles_are_the_superusers_and_stay(cast: Cast) -> None:
    personal = Role.objects.get(platform_key="personal")
    with pytest.raises(PermissionDenied, match="Only a superuser"):
        services.change_role(role=personal, permissions=[], by=acting(cast.adam))
    with pytest.raises(ValidationError, match="cannot be deleted"):
        services.remove_role(role=personal, by=acting(cast.sue))
    with pytest.raises(ValidationError, match="no such permission"):
        services.change_role(role=personal, permissions=["administer_account"], by=acting(cast.sue))


def test_a_changed_role_says_in_the_trail_what_was_ticked_and_unticked(cast: Cast) -> None:
    services.change_role(
        role=role_of(cast.northgate, "Viewer"),
        permissions=["list_studies", "upload_study"],
        by=acting(cast.adam),
    )
    detail = last_event().detail
    assert (detail["role"], detail["added"], detail["removed"]) == (
        "Viewer",
        ["Studies: Upload"],
        ["Studies: Open images"],
    )


# Members


def test_nobody_is_a_member_twice(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="already a member of the account"):
        join(cast.ana, cast.northgate, "Viewer")
    with pytest.raises(ValidationError, match="already a member of the worklist"):
        services.add_worklist_member(worklist=cast.ct, user=cast.ana, by=acting(cast.adam))


def test_only_members_of_the_account_join_its_worklists(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="Only a member of the account"):
        services.add_worklist_member(worklist=cast.ct, user=cast.caro, by=acting(cast.adam))


def test_a_personal_worklist_takes_no_members_and_no_settings(cast: Cast) -> None:
    own = cast.ed.personal_worklist
    with pytest.raises(PermissionDenied, match="Only a superuser"):
        services.add_worklist_member(worklist=own, user=cast.ana, by=acting(cast.ed))
    with pytest.raises(ValidationError, match="one member, its owner"):
        services.add_worklist_member(worklist=own, user=cast.ana, by=acting(cast.sue))
    with pytest.raises(ValidationError, match="has no settings"):
        services.change_worklist(worklist=own, takes_shares=False, by=acting(cast.sue))


def test_a_removed_member_leaves_no_rights_and_no_rows(cast: Cast) -> None:
    services.remove_member_without_shares(membership=member(cast.vera, cast.northgate), by=acting(cast.adam))
    assert not cast.vera.account_memberships.exists()
    assert not cast.vera.worklist_memberships.exists()
    assert not cast.vera.groups.exists()


# Worklists, codes, the front door


def test_a_share_code_is_tidied_and_unique_on_the_platform(cast: Cast) -> None:
    services.change_worklist(worklist=cast.chest, share_code=" ngch-2026 ", by=acting(cast.adam))
    assert Worklist.objects.get(pk=cast.chest.pk).share_code == "NGCH2026"
    with pytest.raises(ValidationError, match="taken"):
        services.change_worklist(worklist=cast.imaging, share_code="ng ch 2026", by=acting(cast.rita))


@pytest.mark.parametrize("code", ["abc", "x" * 33, "☢☢☢☢", "--  --"])
def test_a_code_that_is_none_is_refused(cast: Cast, code: str) -> None:
    with pytest.raises(ValidationError, match="4 to 32 letters and digits"):
        services.change_worklist(worklist=cast.chest, share_code=code, by=acting(cast.adam))


def test_a_code_may_be_taken_away_but_not_from_the_front_door(cast: Cast) -> None:
    services.change_worklist(worklist=cast.ct, share_code=None, by=acting(cast.adam))
    assert Worklist.objects.get(pk=cast.ct.pk).share_code is None
    with pytest.raises(ValidationError, match="front door needs a share code"):
        services.change_worklist(worklist=cast.emergency, share_code=None, by=acting(cast.adam))


def test_the_front_door_moves_and_both_ends_are_audited(cast: Cast) -> None:
    services.change_worklist(worklist=cast.ct, is_front_door=True, by=acting(cast.adam))
    doors = Worklist.objects.filter(account=cast.northgate, is_front_door=True)
    assert list(doors) == [cast.ct]
    changes = AuditEvent.objects.filter(action=Action.CODE_CHANGE).order_by("-pk")[:2]
    assert {(event.worklist_id, event.detail["front_door"]) for event in changes} == {
        (cast.ct.pk, True),
        (cast.emergency.pk, False),
    }
    assert Worklist.objects.get(pk=cast.imaging.pk).is_front_door


def test_a_front_door_without_a_code_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="front door needs a share code"):
        services.change_worklist(worklist=cast.chest, is_front_door=True, by=acting(cast.adam))


def test_a_worklist_is_a_location_or_a_group(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="a location or a group"):
        services.add_worklist(account=cast.northgate, kind="personal", name="Mine", by=acting(cast.adam))


def test_a_group_and_a_location_may_share_a_name(cast: Cast) -> None:
    assert make_group(cast.northgate, "Emergency").pk != cast.emergency.pk


# Mail


def test_mail_is_wanted_on_ones_own_worklist_and_off_elsewhere_until_said(cast: Cast) -> None:
    assert set(selectors.people_wanting_mail([cast.ed.personal_worklist.pk])) == {cast.ed}
    assert not selectors.people_wanting_mail([cast.ct.pk]).exists()

    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    services.set_mail_tick(worklist=cast.ed.personal_worklist, wanted=False, by=acting(cast.ed))
    assert set(selectors.people_wanting_mail([cast.ct.pk])) == {cast.ana}
    assert not selectors.people_wanting_mail([cast.ed.personal_worklist.pk]).exists()


def test_a_tick_ends_with_the_right_to_the_list(cast: Cast) -> None:
    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    services.remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=acting(cast.adam))
    assert not selectors.people_wanting_mail([cast.ct.pk]).exists()


def test_nobody_ticks_mail_for_a_list_they_may_not_see(cast: Cast) -> None:
    before = fingerprint()
    for person in (cast.nolan, cast.caro, cast.sue):
        with pytest.raises(PermissionDenied):
            services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(person))
    assert fingerprint() == before


def test_the_same_tick_twice_is_recorded_once(cast: Cast) -> None:
    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    before = fingerprint()
    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    assert fingerprint() == before
    services.set_mail_tick(worklist=cast.ct, wanted=False, by=acting(cast.ana))
    assert fingerprint(but={AUDIT, "worklists_mailtick"}).items() <= before.items()
    assert not MailTick.objects.get(user=cast.ana).wanted


# Selectors


def test_the_picker_names_the_personal_worklist_first_then_locations_then_groups(cast: Cast) -> None:
    labels = [worklist.label for worklist in selectors.worklists_to_pick(acting(cast.adam))]
    assert labels == ["Adam", "CT Reporting", "Emergency", "Cardiology MDT", "Chest Clinic"]


def test_the_picker_and_the_ticks_cost_the_same_for_many_worklists(
    cast: Cast, django_assert_num_queries
) -> None:
    for _ in range(50):
        make_location(cast.northgate)
    with django_assert_num_queries(1):
        assert len([worklist.label for worklist in selectors.worklists_to_pick(acting(cast.adam))]) == 55
    with django_assert_num_queries(2):
        assert len(selectors.mail_ticks_of(acting(cast.adam))) == 55


def test_the_role_a_person_acts_under(cast: Cast) -> None:
    assert str(selectors.role_on(cast.ana, cast.ct)) == "Radiologist"
    assert str(selectors.role_on(cast.ed, cast.ed.personal_worklist)) == "Personal"
    assert selectors.role_on(cast.caro, cast.ct) is None
    assert selectors.role_on(cast.ana, cast.ed.personal_worklist) is None


def test_the_accounts_a_person_administers(cast: Cast) -> None:
    assert list(selectors.accounts_administered_by(cast.adam)) == [cast.northgate]
    assert not selectors.accounts_administered_by(cast.sue).exists()
    assert make_account("Third") not in selectors.accounts_administered_by(cast.rita)

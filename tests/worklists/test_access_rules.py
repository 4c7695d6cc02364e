"""Which rights a person has where: the rules of roles, memberships and worklists."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import AccountMembership, Role, User
from audit.actor import OPERATOR, SYSTEM, Actor
from tests.cast import SINGLE_METHODS, Cast, acting
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
from worklists import access, services
from worklists.models import Worklist, WorklistMembership, WorklistUserObjectPermission
from worklists.shipped_roles import SHIPPED_ROLES

pytestmark = pytest.mark.django_db

PERSONAL = {
    "list_studies",
    "open_study",
    "share_study",
    "share_study_with_locations",
    "share_study_with_groups",
    "share_study_with_users",
    "share_study_by_code",
    "share_study_by_email",
    "delete_study",
    "download_study",
    "view_study_audit",
}


def names(worklists) -> set[str]:
    return {worklist.name for worklist in worklists}


# Who the cast is


@pytest.mark.parametrize(("person", "role"), [("ana", "Radiologist"), ("vera", "Viewer")])
def test_a_member_has_the_rights_of_the_account_role_on_the_worklist(
    cast: Cast, person: str, role: str
) -> None:
    user = getattr(cast, person)
    assert access.rights(acting(user), cast.ct) == SHIPPED_ROLES[role]
    assert access.rights(acting(user), cast.emergency) == frozenset()


@pytest.mark.parametrize(("person", "codename"), SINGLE_METHODS.items())
def test_a_single_method_person_has_that_method_and_no_other(cast: Cast, person: str, codename: str) -> None:
    methods = {
        right
        for right in access.rights(acting(getattr(cast, person)), cast.ct)
        if right.startswith("share_study_")
    }
    assert methods == {codename}


@pytest.mark.parametrize("person", ["ina", "sue", "caro", "rita", "ed", "ben"])
def test_people_without_a_live_membership_of_the_worklist_have_nothing_there(cast: Cast, person: str) -> None:
    user = getattr(cast, person)
    assert access.rights(acting(user), cast.ct) == frozenset()
    assert not access.may(acting(user), "list_studies", cast.ct)
    assert cast.ct not in access.worklists_for(acting(user), "list_studies")


@pytest.mark.parametrize("nobody", [Actor.stranger(), SYSTEM, OPERATOR], ids=lambda actor: actor.kind)
def test_who_is_not_signed_in_and_the_system_have_no_right_they_were_not_given(
    cast: Cast, nobody: Actor
) -> None:
    assert access.rights(acting(nobody), cast.ct) == frozenset()
    assert not access.may(acting(nobody), "list_studies", cast.ct)
    assert list(access.worklists_for(acting(nobody), "list_studies")) == []


def test_a_superuser_has_their_personal_worklist_and_nothing_else(cast: Cast) -> None:
    assert list(access.worklists_for(acting(cast.sue), "list_studies")) == [cast.sue.personal_worklist]
    assert access.account_rights(acting(cast.sue), cast.northgate) == frozenset()
    assert not access.administers(acting(cast.sue), cast.northgate)


def test_the_listless_may_open_and_share_but_see_no_list(cast: Cast) -> None:
    assert access.rights(acting(cast.nolan), cast.ct) == SHIPPED_ROLES["Radiologist"] - {"list_studies"}
    assert names(access.worklists_for(acting(cast.nolan), "open_study")) == {"CT Reporting", ""}
    assert list(access.worklists_for(acting(cast.nolan), "list_studies")) == [cast.nolan.personal_worklist]


def test_people_with_a_right_are_those_who_may(cast: Cast) -> None:
    expected = {cast.adam, cast.ana, cast.vera, *(getattr(cast, name) for name in SINGLE_METHODS)}
    assert set(access.people_with("list_studies", cast.ct)) == expected
    assert set(access.people_with("list_studies", cast.ed.personal_worklist)) == {cast.ed}
    assert not access.people_with("upload_study", cast.ed.personal_worklist).exists()


def test_a_misspelt_right_is_an_error_and_not_a_silent_no(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no right 'lsit_studies'"):
        access.may(acting(cast.ana), "lsit_studies", cast.ct)


# Which role counts


def test_the_role_is_the_members_own_else_the_worklists_default_else_the_accounts(cast: Cast) -> None:
    viewer, radiologist = role_of(cast.northgate, "Viewer"), role_of(cast.northgate, "Radiologist")
    user = make_user("Otto")
    join(user, cast.northgate, "Referring clinician", [cast.chest])
    assert access.rights(acting(user), cast.chest) == SHIPPED_ROLES["Referring clinician"]

    services.change_worklist(worklist=cast.chest, default_role=viewer, by=OPERATOR)
    assert access.rights(acting(user), cast.chest) == SHIPPED_ROLES["Viewer"]

    membership = membership_of(user, cast.chest)
    services.change_worklist_member(membership=membership, role=radiologist, by=OPERATOR)
    assert access.rights(acting(user), cast.chest) == SHIPPED_ROLES["Radiologist"]

    services.change_worklist_member(membership=membership, role=None, by=OPERATOR)
    services.change_worklist(worklist=cast.chest, default_role=None, by=OPERATOR)
    assert access.rights(acting(user), cast.chest) == SHIPPED_ROLES["Referring clinician"]


def test_every_worklist_gives_the_account_role_and_not_the_worklists_default(cast: Cast) -> None:
    services.change_worklist(worklist=cast.chest, default_role=role_of(cast.northgate, "Viewer"), by=OPERATOR)
    assert access.rights(acting(cast.adam), cast.chest) == (
        SHIPPED_ROLES["Administrator"] - access.ACCOUNT_CODENAMES
    )


def test_every_worklist_reaches_a_worklist_made_later_and_no_other_account(cast: Cast) -> None:
    later = make_location(cast.northgate, "MR Reporting")
    assert access.may(acting(cast.adam), "list_studies", later)
    assert names(access.worklists_for(acting(cast.adam), "list_studies")) == {
        "CT Reporting",
        "Emergency",
        "Cardiology MDT",
        "Chest Clinic",
        "MR Reporting",
        "",
    }


def test_a_membership_of_its_own_narrows_who_has_every_worklist(cast: Cast) -> None:
    viewer = role_of(cast.northgate, "Viewer")
    membership = services.add_worklist_member(worklist=cast.chest, user=cast.adam, role=viewer, by=OPERATOR)
    assert access.rights(acting(cast.adam), cast.chest) == SHIPPED_ROLES["Viewer"]

    services.remove_worklist_member(membership=membership, by=OPERATOR)
    assert access.may(acting(cast.adam), "share_study", cast.chest)


def test_an_inactive_membership_keeps_its_rows_and_comes_back_with_its_rights(cast: Cast) -> None:
    membership = AccountMembership.objects.get(user=cast.ina)
    assert WorklistMembership.objects.filter(user=cast.ina, worklist=cast.ct).exists()
    assert access.account_rights(acting(cast.ina), cast.northgate) == frozenset()

    services.reactivate_member(membership=membership, by=OPERATOR)
    assert access.rights(acting(cast.ina), cast.ct) == SHIPPED_ROLES["Radiologist"]


def test_a_deactivated_user_holds_no_right_at_all(cast: Cast) -> None:
    User.objects.filter(pk=cast.adam.pk).update(is_active=False)
    assert access.rights(acting(cast.adam), cast.ct) == frozenset()
    assert access.rights(acting(cast.adam), cast.adam.personal_worklist) == frozenset()
    assert list(access.worklists_for(acting(cast.adam), "list_studies")) == []
    assert cast.adam not in access.people_with("list_studies", cast.ct)
    assert not access.administers(acting(cast.adam), cast.northgate)


# Parents and children


def test_a_method_without_its_parent_is_nothing(cast: Cast) -> None:
    role = make_role(cast.northgate, "Child alone", ["list_studies", "share_study_by_email"])
    user = make_user("Chad")
    join(user, cast.northgate, role, [cast.ct])
    assert access.rights(acting(user), cast.ct) == {"list_studies"}
    assert access.account_rights(acting(user), cast.northgate) == {"list_studies"}
    assert not access.may(acting(user), "share_study_by_email", cast.ct)

    services.change_role(role=role, permissions=["share_study", "share_study_by_email"], by=OPERATOR)
    assert access.rights(acting(user), cast.ct) == {"share_study", "share_study_by_email"}

    services.change_role(role=role, permissions=["share_study_by_email"], by=OPERATOR)
    assert access.rights(acting(user), cast.ct) == frozenset()


def test_a_method_without_its_parent_is_nothing_on_a_personal_worklist_either(cast: Cast) -> None:
    personal = Role.objects.get(platform_key="personal")
    services.change_role(
        role=personal, permissions=["list_studies", "share_study_by_email"], by=acting(cast.sue)
    )
    own = cast.ed.personal_worklist
    assert access.rights(acting(cast.ed), own) == {"list_studies"}
    assert not access.may(acting(cast.ed), "share_study_by_email", own)
    assert list(access.worklists_for(acting(cast.ed), "share_study_by_email")) == []


# Personal worklists


def test_a_personal_worklist_is_its_owners_alone_under_the_personal_role(cast: Cast) -> None:
    own = cast.ed.personal_worklist
    assert access.rights(acting(cast.ed), own) == PERSONAL
    assert access.may(acting(cast.ed), "download_study", own)
    assert not access.may(acting(cast.ed), "upload_study", own)
    assert list(access.worklists_for(acting(cast.ed), "list_studies")) == [own]
    for other in (cast.adam, cast.sue, cast.ana):
        assert access.rights(acting(other), own) == frozenset()


def test_a_changed_personal_role_counts_at_once_for_everybody(cast: Cast) -> None:
    services.change_role(
        role=Role.objects.get(platform_key="personal"), permissions=["open_study"], by=acting(cast.sue)
    )
    assert access.rights(acting(cast.ana), cast.ana.personal_worklist) == {"open_study"}
    assert list(access.worklists_for(acting(cast.ed), "list_studies")) == []


# The account role itself


def test_account_rights_are_the_account_roles_whatever_the_worklists_say(cast: Cast) -> None:
    viewer = role_of(cast.northgate, "Viewer")
    services.change_worklist_member(membership=membership_of(cast.ana, cast.ct), role=viewer, by=OPERATOR)
    assert access.account_rights(acting(cast.ana), cast.northgate) == SHIPPED_ROLES["Radiologist"]
    assert access.account_rights(acting(cast.ana), cast.riverside) == frozenset()


def test_only_the_account_role_makes_an_administrator(cast: Cast) -> None:
    administrator = role_of(cast.northgate, "Administrator")
    services.change_worklist_member(
        membership=membership_of(cast.ana, cast.ct), role=administrator, by=OPERATOR
    )
    assert not access.administers(acting(cast.ana), cast.northgate)
    assert access.administers(acting(cast.adam), cast.northgate)
    assert not access.administers(acting(cast.adam), cast.riverside)


def test_a_new_role_is_empty(cast: Cast) -> None:
    role = services.add_role(account=cast.northgate, name="Empty", by=acting(cast.adam))
    user = make_user("Emil")
    join(user, cast.northgate, role, [cast.ct])
    assert access.rights(acting(user), cast.ct) == frozenset()


# What the database itself refuses


def test_the_user_level_table_of_rights_takes_no_row(cast: Cast) -> None:
    right = role_of(cast.northgate, "Viewer").permissions.first()
    with pytest.raises(IntegrityError, match="rights_go_to_groups_never_to_users"), transaction.atomic():
        WorklistUserObjectPermission.objects.create(user=cast.ana, permission=right, content_object=cast.ct)


FOREIGN = [
    (
        "a_members_role_is_of_the_members_account",
        "UPDATE accounts_accountmembership SET role_id = %(foreign_role)s WHERE user_id = %(ana)s",
    ),
    (
        "a_default_role_is_of_the_worklists_account",
        "UPDATE worklists_worklist SET default_role_id = %(foreign_role)s WHERE id = %(ct)s",
    ),
    (
        "a_worklist_members_role_is_of_the_worklists_account",
        "UPDATE worklists_worklistmembership SET role_id = %(foreign_role)s WHERE user_id = %(ana)s",
    ),
    (
        "a_worklist_membership_is_of_the_worklists_account",
        "UPDATE worklists_worklistmembership SET worklist_id = %(foreign_worklist)s WHERE user_id = %(ana)s",
    ),
    (
        "a_worklist_member_is_a_member_of_its_account",
        (
            "INSERT INTO worklists_worklistmembership (user_id, worklist_id, account_id) "
            "VALUES (%(caro)s, %(ct)s, %(account)s)"
        ),
    ),
]


@pytest.mark.parametrize(("constraint", "statement"), FOREIGN, ids=[name for name, _ in FOREIGN])
def test_the_database_keeps_roles_worklists_and_members_of_one_account(
    cast: Cast, constraint: str, statement: str
) -> None:
    ids = {
        "foreign_role": role_of(cast.riverside, "Viewer").pk,
        "foreign_worklist": cast.imaging.pk,
        "ana": cast.ana.pk,
        "caro": cast.caro.pk,
        "ct": cast.ct.pk,
        "account": cast.northgate.pk,
    }
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, ids)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_services_refuse_a_role_of_another_account_with_a_sentence(cast: Cast) -> None:
    foreign = role_of(cast.riverside, "Viewer")
    membership = AccountMembership.objects.get(user=cast.ana)
    for attempt in (
        lambda: services.change_account_member(membership=membership, role=foreign, by=OPERATOR),
        lambda: services.change_worklist(worklist=cast.ct, default_role=foreign, by=OPERATOR),
        lambda: services.change_worklist_member(
            membership=membership_of(cast.ana, cast.ct), role=foreign, by=OPERATOR
        ),
        lambda: services.add_account_member(account=cast.northgate, user=cast.ed, role=foreign, by=OPERATOR),
    ):
        with pytest.raises(ValidationError, match="no such role in this account"):
            attempt()


# Cost


def test_each_question_is_one_statement(cast: Cast, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert access.may(acting(cast.ana), "share_study", cast.ct)
    with django_assert_num_queries(1):
        assert access.rights(acting(cast.ana), cast.ct)
    with django_assert_num_queries(1):
        assert len(access.worklists_for(acting(cast.adam), "list_studies")) == 5
    with django_assert_num_queries(1):
        assert len(access.people_with("list_studies", cast.ct)) == 8
    with django_assert_num_queries(1):
        assert access.administers(acting(cast.adam), cast.northgate)


def test_worklists_for_is_a_subquery_and_asks_nothing_by_itself(
    cast: Cast, django_assert_num_queries
) -> None:
    with django_assert_num_queries(0):
        mine = access.worklists_for(acting(cast.ana), "list_studies")
    with django_assert_num_queries(1):
        worklists = set(Worklist.objects.filter(pk__in=mine))
    assert worklists == {cast.ct, cast.ana.personal_worklist}


def test_one_person_in_two_accounts_has_each_accounts_rights_in_its_own_place() -> None:
    user, first, second = make_user("Dora"), make_account("First"), make_account("Second")
    here, there = make_location(first), make_group(second)
    join(user, first, "Viewer", [here])
    membership = join(user, second, "Radiologist", [there])
    assert access.rights(acting(user), here) == SHIPPED_ROLES["Viewer"]
    assert access.rights(acting(user), there) == SHIPPED_ROLES["Radiologist"]

    services.deactivate_member_without_shares(membership=membership, by=OPERATOR)
    assert access.rights(acting(user), here) == SHIPPED_ROLES["Viewer"]
    assert access.rights(acting(user), there) == frozenset()

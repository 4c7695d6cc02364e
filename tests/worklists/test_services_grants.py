"""No one grants what their own account role lacks, and the last administrator stays."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.factories import (
    join,
    make_role,
    make_user,
    membership_of,
    role_of,
)
from tests.fingerprint import fingerprint
from tests.worklists.rows import member
from worklists import access, services

pytestmark = pytest.mark.django_db

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

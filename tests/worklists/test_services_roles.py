"""Roles that are in use, of the platform, and changed; and members of an account."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Role
from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.factories import (
    join,
    make_role,
    role_of,
)
from tests.worklists.rows import last_event, member
from worklists import services

pytestmark = pytest.mark.django_db

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

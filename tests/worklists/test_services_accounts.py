"""New accounts, and what the names of accounts, roles and worklists may be."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.factories import (
    role_of,
)
from tests.fingerprint import fingerprint
from worklists import services
from worklists.shipped_roles import SHIPPED_ROLES

pytestmark = pytest.mark.django_db


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

"""Which replacements of a role are refused, by the service and by the database."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Role
from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.factories import role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.worklists.replacing import day, night
from worklists import services
from worklists.models import (
    RoleReplacement,
)

__all__ = ["day", "night"]

pytestmark = pytest.mark.django_db


def test_while_one_is_replaced_it_does_not_change_and_no_other_is_replaced(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    before, viewer = fingerprint(), role_of(cast.northgate, "Viewer")
    for deed in (
        lambda: services.change_role(role=night, permissions=["list_studies"], by=acting(cast.adam)),
        lambda: services.remove_role(role=night, by=acting(cast.adam)),
        lambda: services.remove_role(role=day, by=acting(cast.adam)),
        lambda: services.replace_role(role=viewer, other=day, by=acting(cast.adam)),
    ):
        with pytest.raises(ValidationError, match="“Night” is being replaced by “Day” now"):
            deed()
    assert fingerprint() == before
    services.change_role(role=viewer, permissions=["list_studies"], by=acting(cast.adam))


def test_nobody_gives_by_it_what_their_own_role_lacks(cast: Cast, night: Role, day: Role) -> None:
    administrators = role_of(cast.northgate, "Administrator")
    less = set(administrators.permissions.values_list("codename", flat=True)) - {"upload_study"}
    services.change_role(role=administrators, permissions=less, by=OPERATOR)
    before = fingerprint(but={AUDIT})
    with pytest.raises(PermissionDenied, match="You cannot give “Studies: Upload”"):
        services.replace_role(role=night, other=day, by=acting(cast.adam))
    assert fingerprint(but={AUDIT}) == before


def test_by_itself_by_another_accounts_or_the_platforms_own_it_is_not_replaced(
    cast: Cast, night: Role
) -> None:
    theirs, personal = role_of(cast.riverside, "Viewer"), Role.objects.get(platform_key="personal")
    before = fingerprint()
    for role, other, said in (
        (night, night, "Choose a role other than"),
        (night, theirs, "no such role in this account"),
        (night, personal, "no such role in this account"),
        (personal, night, "The platform’s own roles cannot be replaced"),
    ):
        with pytest.raises(ValidationError, match=said):
            services.replace_role(role=role, other=other, by=acting(cast.sue))
    assert fingerprint() == before


def test_the_database_keeps_it_to_one_at_a_time_and_to_one_account(
    cast: Cast, night: Role, day: Role
) -> None:
    facts = {"account": cast.northgate, "role": night, "n_worklists": 0}
    RoleReplacement.objects.create(other=day, **facts)
    with pytest.raises(IntegrityError, match="one_role_at_a_time"), transaction.atomic():
        RoleReplacement.objects.create(other=day, **facts)
    with pytest.raises(IntegrityError, match="not_replaced_by_itself"), transaction.atomic():
        RoleReplacement.objects.create(other=night, ended_at="2026-01-01T00:00:00Z", **facts)
    with pytest.raises(IntegrityError, match="replacing_role_is_of_the_account"), transaction.atomic():
        theirs = role_of(cast.riverside, "Viewer")
        RoleReplacement.objects.create(other=theirs, ended_at="2026-01-01T00:00:00Z", **facts)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

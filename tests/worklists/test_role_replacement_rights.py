"""While a role is being replaced, no one holds more than was held or is due."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountMembership, Role
from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.factories import make_role
from tests.worklists.replacing import day, having, night, one_by_one, rights_of
from worklists import access, services
from worklists.management import access_check
from worklists.models import (
    RoleReplacement,
    WorklistMembership,
)
from worklists.services import replacements

__all__ = ["day", "night"]

pytestmark = pytest.mark.django_db


TICKS = ("list_studies", "open_study", "share_study", "share_study_by_email", "upload_study")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_at_no_step_does_anyone_hold_more_than_was_held_or_is_due(cast: Cast, data: st.DataObject) -> None:
    """Whatever both roles have and wherever they are, and though the other role changes at any step."""
    ticks = st.sets(st.sampled_from(TICKS))
    people, places = [cast.vera, cast.ben, cast.ana], [cast.ct, cast.chest, cast.emergency]
    with transaction.atomic(), one_by_one():
        old = make_role(cast.northgate, "Old", sorted(data.draw(ticks)))
        new = make_role(cast.northgate, "New", sorted(data.draw(ticks)))
        one_of = st.sampled_from([None, old, new])
        for place in places:
            services.change_worklist(worklist=place, default_role=data.draw(one_of), by=OPERATOR)
        for person in people:
            member = AccountMembership.objects.get(user=person, account=cast.northgate)
            every = data.draw(st.booleans())
            role = data.draw(st.sampled_from([old, new]))
            services.change_account_member(membership=member, role=role, every_worklist=every, by=OPERATOR)
            for place in WorklistMembership.objects.filter(user=person, account=cast.northgate):
                services.change_worklist_member(membership=place, role=data.draw(one_of), by=OPERATOR)
        services.replace_role(role=old, other=new, by=OPERATOR)
        steps = 0
        while replacements._step(RoleReplacement.objects.get().pk, cast.northgate.pk):
            steps += 1
            held = {(who.pk, at.pk): access.rights(acting(who), at) for who in people for at in places}
            allowed = rights_of(new)
            assert len(held) == len(people) * len(places)
            assert all(rights <= allowed for rights in held.values())
            if data.draw(st.booleans()):
                services.change_role(role=new, permissions=data.draw(ticks), by=OPERATOR)
        replacement = RoleReplacement.objects.get()
        assert steps >= replacement.n_rows == replacement.n_moved
        assert list(access_check.differences()) == [] and having(old) == set()
        transaction.set_rollback(True)


def test_until_it_is_done_check_access_says_why_there_are_differences(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=OPERATOR)
    expected = (
        f"Role {night.pk} is being replaced by role {day.pk}: "
        "until that has finished, differences may be due to it."
    )
    assert list(access_check.under_way()) == [expected]
    services.carry_on_replacements()
    assert list(access_check.under_way()) == []


def test_a_right_taken_from_the_other_role_meanwhile_is_gone_at_once(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    services.add_worklist_member(worklist=cast.chest, user=cast.ben, role=night, by=acting(cast.adam))

    services.change_role(role=day, permissions=["list_studies"], by=acting(cast.adam))

    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies"}
    services.carry_on_replacements()
    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies"}
    assert access.rights(acting(cast.ben), cast.chest) == {"list_studies", "open_study", "download_study"}
    assert list(access_check.differences()) == []

"""A person added to several worklists at once: all of them or, with a sentence, none."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.cast import Cast, acting
from tests.factories import join, make_location, make_role, make_user, role_of
from tests.fingerprint import fingerprint
from tests.worklists.rows import member
from worklists import access, services
from worklists.models import WorklistMembership

pytestmark = pytest.mark.django_db


def test_a_person_is_on_each_with_the_role_and_a_line_each(cast: Cast) -> None:
    role = make_role(cast.northgate, "Reader", ["list_studies"])

    services.add_to_worklists(
        membership=member(cast.vera, cast.northgate),
        worklists=[cast.chest, cast.emergency, cast.chest],
        role=role,
        by=acting(cast.adam),
    )

    for worklist in (cast.chest, cast.emergency):
        assert access.rights(acting(cast.vera), worklist) == {"list_studies"}
    events = AuditEvent.objects.filter(action=Action.WORKLIST_MEMBER_ADD, by_id=cast.adam.pk).order_by("pk")
    assert {(event.worklist_id, event.detail["person"], event.detail["role"]) for event in events} == {
        (cast.chest.pk, "Vera", "Reader"),
        (cast.emergency.pk, "Vera", "Reader"),
    }


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "at least one worklist"),
        (["chest", "imaging"], "was deleted a moment ago"),
        (["chest", "ct"], "already a member of: CT Reporting"),
    ],
)
def test_a_worklist_that_cannot_be_joined_keeps_the_person_off_all(
    cast: Cast, names: list[str], sentence: str
) -> None:
    membership, before = member(cast.vera, cast.northgate), fingerprint()

    with pytest.raises(ValidationError, match=sentence):
        services.add_to_worklists(
            membership=membership,
            worklists=[getattr(cast, name) for name in names],
            by=acting(cast.adam),
        )

    assert fingerprint() == before


def test_no_personal_worklist_and_no_role_of_another_account(cast: Cast) -> None:
    membership, before = member(cast.vera, cast.northgate), fingerprint()

    with pytest.raises(ValidationError):
        services.add_to_worklists(
            membership=membership, worklists=[cast.ana.personal_worklist], by=acting(cast.adam)
        )
    with pytest.raises(ValidationError):
        services.add_to_worklists(
            membership=membership,
            worklists=[cast.chest],
            role=role_of(cast.riverside, "Viewer"),
            by=acting(cast.adam),
        )

    assert fingerprint() == before


def test_no_one_gives_what_they_lack(cast: Cast) -> None:
    lea = make_user("Lea")
    join(lea, cast.northgate, make_role(cast.northgate, "Clerk", ["administer_account", "list_studies"]))
    membership, before = member(cast.vera, cast.northgate), fingerprint()

    for role in (role_of(cast.northgate, "Viewer"), None):
        with pytest.raises(PermissionDenied, match="your own role in this account does not have"):
            services.add_to_worklists(
                membership=membership, worklists=[cast.chest], role=role, by=acting(lea)
            )

    assert fingerprint() == before


def test_thirty_worklists_cost_as_many_statements_as_two(cast: Cast) -> None:
    membership = member(cast.vera, cast.northgate)
    costs = []
    for number in (2, 30):
        places = [make_location(cast.northgate, f"Ward {number} {place}") for place in range(number)]
        with CaptureQueriesContext(connection) as asked:
            services.add_to_worklists(membership=membership, worklists=places, by=OPERATOR)
        costs.append(len(asked))

    assert costs[0] == costs[1] <= 25
    assert WorklistMembership.objects.filter(user=cast.vera, worklist__name__startswith="Ward ").count() == 32

"""What each state of a token opens at the door of bytes: own, another's, narrowed, ended, and with rights lost."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import AccountMembership, User
from audit.actor import OPERATOR
from common.exceptions import NothingThere, Refused
from studies.models import Blob, Instance
from studies.services import Part, open_instance
from tests.cast import IP_ADDRESS, Cast, acting
from tests.days import day_of
from tests.factories import make_instance, make_series, membership_of, role_of
from worklists import services

pytestmark = pytest.mark.django_db

OPENED, NOT_THERE, REFUSED, SIGN_IN = "opened", "not there", "refused", "sign in"


@pytest.fixture
def instance(cast: Cast) -> Instance:
    made = make_instance(make_series(cast.study))
    Blob.objects.filter(pk=made.blob_id).update(preview=Blob.Preview.READY)
    return made


def make(by: User, *worklists: Any, may_store: bool = False) -> Any:
    chosen = [worklist.uuid for worklist in worklists]
    return services.make_token(
        by=acting(by), name="Script", worklists=chosen, last_day=day_of(), may_store=may_store
    )


def answer(secret: str, cast: Cast, instance: Instance, part: Part) -> str:
    by = services.actor_with_token(secret=secret, ip_address=IP_ADDRESS)
    if by is None:
        return SIGN_IN
    try:
        open_instance(placement=cast.placement.uuid, instance=instance.uuid, by=by, part=part)
    except NothingThere:
        return NOT_THERE
    except Refused:
        return REFUSED
    return OPENED


def revoked(cast: Cast, made: Any, clock: Any) -> None:
    services.revoke_token(by=acting(cast.ana), token=made.token.uuid)


def ended_by_the_administrator(cast: Cast, made: Any, clock: Any) -> None:
    services.end_token_in_account(token=made.token.uuid, account=cast.northgate, by=acting(cast.adam))


def expired(cast: Cast, made: Any, clock: Any) -> None:
    clock.move(days=2)


def owner_inactive(cast: Cast, made: Any, clock: Any) -> None:
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)


def left_the_worklist(cast: Cast, made: Any, clock: Any) -> None:
    services.remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=OPERATOR)


def left_the_account(cast: Cast, made: Any, clock: Any) -> None:
    membership = AccountMembership.objects.get(user=cast.ana)
    services.remove_member_without_shares(membership=membership, by=OPERATOR)


def lost_the_download(cast: Cast, made: Any, clock: Any) -> None:
    role = role_of(cast.northgate, "Radiologist")
    kept = set(role.permissions.values_list("codename", flat=True)) - {"download_study"}
    services.change_role(role=role, permissions=kept, by=OPERATOR)


def nothing(cast: Cast, made: Any, clock: Any) -> None:
    """The token as it was made."""


# What may happen to a token or to its owner.
STATES = (
    nothing,
    revoked,
    ended_by_the_administrator,
    expired,
    owner_inactive,
    left_the_worklist,
    left_the_account,
    lost_the_download,
)


@pytest.mark.parametrize(
    ("happens", "frame", "original"),
    [
        (nothing, OPENED, OPENED),
        (revoked, SIGN_IN, SIGN_IN),
        (ended_by_the_administrator, SIGN_IN, SIGN_IN),
        (expired, SIGN_IN, SIGN_IN),
        (owner_inactive, SIGN_IN, SIGN_IN),
        (left_the_worklist, NOT_THERE, NOT_THERE),
        (left_the_account, NOT_THERE, NOT_THERE),
        (lost_the_download, OPENED, REFUSED),
    ],
)
def test_a_token_opens_what_its_owner_may_open_now(
    cast: Cast,
    instance: Instance,
    clock: Any,
    happens: Callable[[Cast, Any, Any], None],
    frame: str,
    original: str,
) -> None:
    made = make(cast.ana, cast.ct)
    happens(cast, made, clock)

    assert answer(made.secret, cast, instance, Part.FRAME) == frame
    assert answer(made.secret, cast, instance, Part.ORIGINAL) == original


def test_another_persons_and_another_worklists_token_open_nothing(cast: Cast, instance: Instance) -> None:
    theirs, narrowed = make(cast.caro, cast.imaging), make(cast.ana, cast.ana.personal_worklist)

    for made in (theirs, narrowed):
        assert answer(made.secret, cast, instance, Part.FRAME) == NOT_THERE


def test_a_viewers_token_opens_and_does_not_download(cast: Cast, instance: Instance) -> None:
    made = make(cast.vera, cast.ct)

    assert answer(made.secret, cast, instance, Part.FRAME) == OPENED
    assert answer(made.secret, cast, instance, Part.ORIGINAL) == REFUSED


def test_a_sender_reads_nothing(cast: Cast, instance: Instance) -> None:
    made = services.add_sender(
        account=cast.northgate, worklist=cast.ct, name="PACS", last_day=day_of(), by=acting(cast.adam)
    )

    assert answer(made.secret, cast, instance, Part.FRAME) == NOT_THERE


def test_signing_in_and_opening_are_two_statements(
    cast: Cast, instance: Instance, django_assert_num_queries: Any
) -> None:
    made = make(cast.ana, cast.ct)
    answer(made.secret, cast, instance, Part.FRAME)

    with django_assert_num_queries(2):
        answer(made.secret, cast, instance, Part.FRAME)

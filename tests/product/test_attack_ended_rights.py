"""A right that ended a second ago, tried at every URL with the session of before.

The form is the one that worked a moment before. Who has left an account is refused wherever a stranger to it is, and a
person who was deactivated gets what a visitor gets who is not signed in.
"""

from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from accounts.models import AccountMembership, User
from audit.actor import OPERATOR
from sharing.services import end_shares, leave_account
from tests.administration.test_matrix import ROWS as ADMINISTRATION
from tests.cast import Cast, acting
from tests.factories import role_of
from tests.fingerprint import AUDIT, rows_written
from tests.matrix import DENIED, HIDDEN, LOGIN, MISSING, UNFIT, Row, all_signed_in, answer, got, undone, world
from tests.product.matrix_values import own_personal
from tests.product.test_access_matrix import ROWS
from worklists import services

__all__ = ["world"]

pytestmark = pytest.mark.django_db

# People who have nothing to do with Northgate Hospital: of another account, its administrator.
STRANGERS = ("caro", "rita")
GONE = 410
REFUSALS = (DENIED, HIDDEN, MISSING, LOGIN, GONE)
# What stays a person's own: to leave, to take back what they promised, to stop what they began to send, and what became
# of their own files, without patients (`test_who_uploads_without_seeing_the_list_is_shown_no_patient`).
STILL_THEIRS = {
    "sharing:withdraw", "sharing:leave_account", "studies:sending_cancel", "studies:upload_progress",
    "studies:upload_arrived", "studies:upload_end", "studies:upload_files_csv",
}  # fmt: skip


def member(cast: Cast, person: User) -> AccountMembership:
    return AccountMembership.objects.get(account=cast.northgate, user=person)


def taken_out(cast: Cast, person: User) -> None:
    leave_account(membership=member(cast, person).pk, by=OPERATOR, remove=True)


def made_inactive(cast: Cast, person: User) -> None:
    leave_account(membership=member(cast, person).pk, by=OPERATOR)


def left_by_themselves(cast: Cast, person: User) -> None:
    leave_account(membership=member(cast, person).pk, by=acting(person), remove=True)


def deactivated(cast: Cast, person: User) -> None:
    services.set_active(user=person, active=False, by=acting(cast.sue))


LEAVING = [taken_out, made_inactive, left_by_themselves]


@pytest.fixture
def second(world: SimpleNamespace) -> SimpleNamespace:
    """Another administrator, so that Adam may leave."""
    services.change_account_member(
        membership=member(world.cast, world.cast.ben),
        role=role_of(world.cast.northgate, "Administrator"),
        by=OPERATOR,
    )
    return world


def closed_to_strangers(rows: Iterable[Row], name: str) -> list[Row]:
    """The rows that let this person in and refuse all strangers."""
    found = []
    for row in rows:
        gets = row.expected()
        refused = all(gets[stranger] in REFUSALS for stranger in STRANGERS)
        if (
            gets[name] not in REFUSALS
            and refused
            and row.name not in STILL_THEIRS
            and row.args is not own_personal
        ):
            found.append(row)
    return found


def still_open(
    world: SimpleNamespace, client: Client, rows: Iterable[Row], refusals: Iterable[Any] = REFUSALS
) -> list[tuple[str, Any]]:
    """The rows that answer with something else, or write something beside the trail, with what they answered."""
    faults = []
    for row in rows:
        with undone():
            written = rows_written(but={AUDIT})
            found = got(answer(client, row, world))
            if found not in refusals:
                faults.append((str(row), found))
            elif rows_written(but={AUDIT}) != written:
                faults.append((str(row), "writes"))
    return faults


@pytest.mark.parametrize("lose", LEAVING, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", ["ana", "adam"])
def test_a_person_who_left_is_refused_as_a_stranger_is(
    second: SimpleNamespace, name: str, lose: Callable[[Cast, User], None]
) -> None:
    person = getattr(second.cast, name)
    rows = closed_to_strangers(ROWS, name)
    [client] = all_signed_in(second, [name]).values()

    lose(second.cast, person)

    assert len(rows) > 60
    assert still_open(second, client, rows) == []


@pytest.mark.parametrize("lose", LEAVING, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", ["ana", "adam"])
def test_a_person_who_left_reads_no_patient_of_the_account_on_any_page(
    second: SimpleNamespace, name: str, lose: Callable[[Cast, User], None]
) -> None:
    """Pages that everyone has are the person's own: of their shares, links, uploads and notifications."""
    rows = [row for row in ROWS if row.method == "get"]
    [client] = all_signed_in(second, [name]).values()
    named_before = {str(row) for row in rows if names_the_patient(second, client, row)}

    lose(second.cast, getattr(second.cast, name))

    assert len(named_before) > 20
    assert [str(row) for row in rows if names_the_patient(second, client, row)] == []


def names_the_patient(world: SimpleNamespace, client: Client, row: Row) -> bool:
    with undone():
        response = answer(client, row, world)
        content = b"".join(response) if response.streaming else response.content
    return any(part.encode() in content for part in world.cast.study.patient_name.split("^"))


@pytest.mark.parametrize("lose", LEAVING, ids=lambda way: way.__name__)
def test_an_administrator_who_left_opens_no_page_of_the_administration(
    second: SimpleNamespace, lose: Callable[[Cast, User], None]
) -> None:
    rows = [row for row in ADMINISTRATION if row.expected()["ana"] == DENIED != row.expected()["adam"]]
    [client] = all_signed_in(second, ["adam"]).values()

    lose(second.cast, second.cast.adam)

    assert len(rows) > 40
    assert still_open(second, client, rows, [DENIED]) == []


@pytest.mark.parametrize("name", ["ana", "adam", "ed", "caro"])
def test_a_deactivated_person_gets_what_no_one_signed_in_gets(second: SimpleNamespace, name: str) -> None:
    rows = [
        row
        for row in [*ROWS, *ADMINISTRATION]
        if row.expected()[name] not in REFUSALS and row.anonymous in REFUSALS
    ]
    [client] = all_signed_in(second, [name]).values()

    deactivated(second.cast, getattr(second.cast, name))

    assert len(rows) > 20
    faults = [fault for row in rows for fault in still_open(second, client, [row], [row.anonymous])]
    assert faults == []


def test_whose_role_was_emptied_is_refused_everything_that_the_role_gave(world: SimpleNamespace) -> None:
    rows = closed_to_strangers(ROWS, "ana")
    [client] = all_signed_in(world, ["ana"]).values()

    services.change_role(role=role_of(world.cast.northgate, "Radiologist"), permissions=[], by=OPERATOR)

    assert still_open(world, client, rows) == []


def test_the_recipients_of_a_share_that_ended_reach_the_study_by_no_url(world: SimpleNamespace) -> None:
    theirs = {"ben": str(world.at_emergency.uuid), "ed": str(world.at_ed.uuid)}
    clients = all_signed_in(world, theirs)

    end_shares(shares=[world.share.uuid, world.emailed.uuid], by=acting(world.cast.ana))

    for name, placement in theirs.items():
        there = [row for row in rows_at(world, placement) if names(row, world, placement)]
        assert len(there) > 40
        assert still_open(world, clients[name], there, [*REFUSALS, UNFIT]) == []


def rows_at(world: SimpleNamespace, placement: str) -> Iterator[Row]:
    for row in ROWS:
        args, data = (moved(make, world, placement) for make in (row.args, row.data))
        yield Row(row.name, row.method, args, {}, data=data)


def moved(make: Any, world: SimpleNamespace, placement: str) -> Any:
    """The same arguments or form, about this placement where they were about one of the study."""
    ours = {str(each.uuid) for each in (world.placement, world.at_emergency, world.at_ed)}

    def there(each: Any) -> Any:
        if isinstance(each, list):
            return [there(value) for value in each]
        return placement if str(each) in ours else each

    def made(world: SimpleNamespace) -> Any:
        values = make(world)
        return (
            {key: there(value) for key, value in values.items()}
            if isinstance(values, dict)
            else there(values)
        )

    return made


def names(row: Row, world: SimpleNamespace, placement: str) -> bool:
    return placement in f"{row.args(world)} {row.data(world)}"

"""A token that is read together with what it asks for gets what it gets where both are read in turn."""

from collections.abc import Callable
from typing import Any

import pytest

from audit.actor import Actor
from audit.models import AuditEvent
from studies import selectors, services
from studies.selectors.images import Visit
from tests.bad_files import dicom_storage, sound
from tests.cast import IP_ADDRESS, PEOPLE, Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import take_in
from tests.studies.test_token_doors import STATES, make
from worklists.events import on_worklist_with
from worklists.models import Worklist
from worklists.selectors import worklists_for_a_token
from worklists.services import actor_with_token, add_sender

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

UIDS = {"study": "2.25.77", "series": "2.25.78", "instance": "2.25.79"}
# What is there, another instance of the series, and a name of each kind that nothing has.
NAMED = [UIDS, {**UIDS, "instance": "2.25.80"}, *({**UIDS, word: "2.25.1"} for word in UIDS)]


@pytest.fixture(autouse=True)
def studies(cast: Cast, dicom_storage: Any) -> None:
    """Of one UID in two accounts, so that a worklist alone tells which is meant."""
    known = {"StudyInstanceUID": "2.25.77", "SeriesInstanceUID": "2.25.78"}
    for worklist in (cast.ct, cast.imaging):
        take_in(worklist, [sound(SOPInstanceUID=f"2.25.{number}", **known) for number in (79, 80)])


def together(secret: str, worklist: Worklist, named: dict[str, str]) -> Any:
    both = services.person_and_instance(secret=secret, ip_address=IP_ADDRESS, worklist=worklist.uuid, **named)
    return both and (both[0], columns(both[1].read))


def in_turn(secret: str, worklist: Worklist, named: dict[str, str]) -> Any:
    by = actor_with_token(secret=secret, ip_address=IP_ADDRESS)
    return by and (by, columns(read_by(by, worklist, named)))


def read_by(by: Actor, worklist: Worklist, named: dict[str, str]) -> Any:
    return selectors.instance_seen_by_uid(by, worklist=worklist.uuid, visit=Visit.of(by, ""), **named)


def columns(read: Any) -> Any:
    """Every value that was read: rows alone are equal where their keys are."""
    if read is None or read[1] is None:
        return read
    instance, layout = read[1].instance, read[1].layout
    rows = [instance, instance.series, instance.blob, layout]
    return read[0], [
        {
            name: value
            for name, value in vars(row).items()
            if name[0] != "_" and name not in ("series", "blob")
        }
        for row in rows
    ]


def listed_together(secret: str, worklist: Worklist) -> Any:
    pair = services.person_and_worklist(secret=secret, ip_address=IP_ADDRESS, worklist=worklist.uuid)
    return pair and (pair[0], with_role(pair[0], pair[1].read))


def listed_in_turn(secret: str, worklist: Worklist) -> Any:
    by = actor_with_token(secret=secret, ip_address=IP_ADDRESS)
    return by and (by, with_role(by, selectors.worklist_for(by, worklist.uuid)))


def with_role(by: Actor, worklist: Worklist | None) -> Any:
    """The worklist with what its event says of it, the role of who reads it included."""
    return worklist and (
        worklist,
        on_worklist_with(worklist),
        by.role_label(worklist.account_id, worklist.pk),
    )


def test_the_instance_and_the_worklist_are_read_with_the_token(cast: Cast) -> None:
    secret = make(cast.ana, cast.ct).secret
    who = {"secret": secret, "ip_address": IP_ADDRESS, "worklist": cast.ct.uuid}

    by, instance = services.person_and_instance(**who, **UIDS) or (None, None)
    reader, listed = services.person_and_worklist(**who) or (None, None)

    assert by is not None
    assert by.user == cast.ana == reader.user
    assert instance.read[0].may_open
    assert instance.read[1].instance.sop_instance_uid == UIDS["instance"]
    assert listed.read == cast.ct


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_on_every_worklist(cast: Cast, name: str) -> None:
    person = getattr(cast, name)
    reachable = list(worklists_for_a_token(acting(person)))
    made = make(person, *reachable)
    cases = [(worklist, named) for worklist in Worklist.objects.all() for named in NAMED]

    read = [together(made.secret, worklist, named) for worklist, named in cases]

    assert len(read) > len(NAMED)
    assert read == [in_turn(made.secret, worklist, named) for worklist, named in cases]


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_searching_every_worklist(cast: Cast, name: str) -> None:
    person = getattr(cast, name)
    made = make(person, *list(worklists_for_a_token(acting(person)))[:2])
    worklists = list(Worklist.objects.all())

    read = [listed_together(made.secret, worklist) for worklist in worklists]

    assert len(read) > 4
    assert read == [listed_in_turn(made.secret, worklist) for worklist in worklists]


@pytest.mark.parametrize("happens", STATES)
def test_whatever_happened_to_the_token_or_its_owner(
    cast: Cast, clock: Any, happens: Callable[[Cast, Any, Any], None]
) -> None:
    made = make(cast.ana, cast.ct)
    happens(cast, made, clock)

    read = [together(made.secret, cast.ct, named) for named in NAMED]
    listed = listed_together(made.secret, cast.ct)

    assert read == [in_turn(made.secret, cast.ct, named) for named in NAMED]
    assert listed == listed_in_turn(made.secret, cast.ct)


def test_what_is_no_persons_token_is_left_to_the_reader_of_tokens(cast: Cast) -> None:
    sender = add_sender(
        account=cast.northgate, worklist=cast.ct, name="PACS", last_day=day_of(7), by=acting(cast.adam)
    )
    before = AuditEvent.objects.count()

    read = [together(secret, cast.ct, UIDS) for secret in ("", "no token", sender.secret)]
    listed = [listed_together(secret, cast.ct) for secret in ("", "no token", sender.secret)]

    assert read == listed == [None, None, None]
    assert AuditEvent.objects.count() == before

"""Rights on the worklist that a statement reads are the rights that `rights` answers, whoever asks."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audit.actor import OPERATOR, Actor, GuestLink, Sender, Token
from tests.cast import PEOPLE, Cast, acting
from worklists import access, services
from worklists.models import Worklist

pytestmark = pytest.mark.django_db

ASKED = ("list_studies", "open_study", "download_study", "upload_study")


def there(by: Actor, worklist: Worklist) -> tuple[frozenset[str], str | None]:
    sql, parameters = access.held_there(by, ASKED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT may.* FROM worklists_worklist w CROSS JOIN LATERAL ({sql}) AS may WHERE w.id = %s",
            [*parameters, worklist.pk],
        )
        held, role = cursor.fetchone() or (None, None)
    return frozenset(held or ()), role


def token(cast: Cast, *worklists: Worklist, may_store: bool = False) -> Actor:
    reached = frozenset(worklist.pk for worklist in worklists)
    limits = Token(uuid=uuid.uuid4(), name="Script", worklist_ids=reached, may_store=may_store)
    return Actor.through(limits, owner=cast.ana)


def guest(cast: Cast, *, may_download: bool, made_by: str = "adam") -> Actor:
    link = GuestLink(
        uuid=uuid.uuid4(),
        name="for the family doctor",
        worklist_id=cast.ct.pk,
        placements=frozenset(),
        made_by=getattr(cast, made_by),
        may_download=may_download,
    )
    return Actor.guest(link)


def sender(cast: Cast) -> Actor:
    row = services.add_sender(
        account=cast.northgate,
        worklist=cast.ct,
        name="PACS",
        ae_title="PACS",
        ip_address="10.0.0.9",
        by=acting(cast.adam),
    ).sender
    return Actor.machine(Sender(uuid=row.uuid, name=row.name, worklist_id=row.worklist_id))


ACTORS: dict[str, Callable[[Cast], Actor]] = {
    **{name: lambda cast, name=name: acting(getattr(cast, name)) for name in PEOPLE},
    "someone not signed in": lambda cast: Actor.stranger(),
    "the system": lambda cast: OPERATOR,
    "a token": lambda cast: token(cast, cast.ct),
    "a token that stores": lambda cast: token(cast, cast.ct, may_store=True),
    "a token for another worklist": lambda cast: token(cast, cast.emergency),
    "a token for none": lambda cast: token(cast),
    "a token for a personal worklist": lambda cast: token(cast, cast.ana.personal_worklist),
    "a guest": lambda cast: guest(cast, may_download=False),
    "a guest who may download": lambda cast: guest(cast, may_download=True),
    "a guest of a person without the right": lambda cast: guest(cast, may_download=True, made_by="vera"),
    "a sender": sender,
}


@pytest.mark.parametrize("who", ACTORS)
def test_what_is_held_there_is_what_rights_answers(cast: Cast, who: str) -> None:
    by = ACTORS[who](cast)
    worklists = list(Worklist.objects.all())

    held = {worklist.pk: there(by, worklist)[0] for worklist in worklists}

    assert held == {worklist.pk: access.rights(by, worklist) & set(ASKED) for worklist in worklists}


@pytest.mark.parametrize(
    ("who", "place", "role"),
    [("ana", "ct", "Radiologist"), ("adam", "emergency", "Administrator"), ("ben", "ct", None)],
)
def test_the_name_of_the_role_is_read_along(cast: Cast, who: str, place: str, role: Any) -> None:
    assert there(acting(getattr(cast, who)), getattr(cast, place))[1] == role


def test_on_the_personal_worklist_the_role_is_personal(cast: Cast) -> None:
    own = Worklist.objects.get(owner=cast.ana)

    held, role = there(acting(cast.ana), own)

    assert held == access.rights(acting(cast.ana), own) & set(ASKED)
    assert role == access.role_label(acting(cast.ana), None, own.pk)


def test_a_deactivated_person_holds_nothing(cast: Cast) -> None:
    cast.ana.is_active = False
    cast.ana.save(update_fields=["is_active"])

    assert there(acting(cast.ana), cast.ct) == (frozenset(), None)

"""What a matrix of addresses × people is made of: its rows, the world they stand in, and the asking.

A row names each person of the cast exactly once.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from accounts.session_store import SessionStore
from accounts.tokens import make_token
from audit.models import AuditEvent
from sharing import services
from sharing.models import ListedRecipient, Method, RecipientList
from sharing.targets import Target
from studies.models import Sending, Upload, ViewCopy
from tests.cast import PEOPLE, acting
from tests.factories import join, make_instance, make_series, make_user, placement_of, role_of
from tests.fingerprint import AUDIT, fingerprint, rows_written
from worklists.models import Destination, RoleReplacement

OK, FOUND, MISSING, DENIED, HIDDEN, UNFIT = 200, 302, 404, 403, 404, 422
LOGIN = "sign-in"
# Made with the world, since no other test is about them: the auditor of Northgate, who is on no worklist.
AUDITOR = "iris"
SIGNED_IN = frozenset(PEOPLE) | {AUDITOR}
EVERYONE = SIGNED_IN | {"anonymous"}


@pytest.fixture
def world(kept_world: SimpleNamespace) -> SimpleNamespace:
    return kept_world


def make_world(cast: Any) -> SimpleNamespace:
    """A study shared onward to Emergency and, by email, to Ed; promised to Dora; with one image and one upload.

    Northgate has replaced a role before, and has an auditor.
    """
    setattr(cast, AUDITOR, make_user(AUDITOR.capitalize()))
    join(getattr(cast, AUDITOR), cast.northgate, "Auditor")

    def press(by: Any, placement: Any, *targets: Target) -> Any:
        return services.share_studies(placements=[placement.uuid], targets=targets, by=acting(by))

    report = press(
        cast.ana,
        cast.placement,
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.EMAIL, cast.ed.email),
        Target(Method.EMAIL, "dora@example.net"),
    )
    shared, emailed, promised = (row.share for row in report.rows)
    instance = make_instance(make_series(cast.study))
    copy = ViewCopy.objects.create(
        series=instance.series, uuid=uuid4(), state=ViewCopy.State.READY, size=4, head_size=2
    )
    object_beside = make_instance(
        make_series(cast.study), sop_class_uid="1.2.840.10008.5.1.4.1.1.88.11", frames=0
    )
    clinician, viewer = (role_of(cast.northgate, name) for name in ("Referring clinician", "Viewer"))
    RoleReplacement.objects.create(
        account=cast.northgate, role=clinician, other=viewer, n_worklists=0, ended_at=Now()
    )
    destination = Destination.objects.create(
        account=cast.northgate, name="Archive", url="https://archive.example/dicom-web"
    )
    return SimpleNamespace(
        cast=cast,
        press=report.press,
        share=shared,
        emailed=emailed,
        invitation=promised.invitation,
        placement=cast.placement,
        at_emergency=placement_of(cast.study, cast.emergency),
        at_ed=placement_of(cast.study, cast.ed.personal_worklist),
        instance=instance,
        pack=copy.uuid,
        report=object_beside,
        upload=Upload.objects.create(worklist=cast.ct, by=cast.ana),
        open_upload=Upload.objects.create(
            worklist=cast.ct, by=cast.ana, open_until=Now() + timedelta(hours=1), n_announced=2
        ),
        destination=destination,
        sending=Sending.objects.create(
            study=cast.study,
            worklist=cast.ct,
            placement_uuid=cast.placement.uuid,
            destination=destination,
            by=cast.adam,
            n_files=1,
        ),
        token=make_token(promised.invitation),
        guest_link=services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana)),
        sessions={name: session_of(getattr(cast, name)) for name in SIGNED_IN},
        recipient_list=a_recipient_list(cast),
        random=uuid4(),
    )


def session_of(person: Any) -> dict[str, Any]:
    """What a session holds once the person has signed in; not when it was used last."""
    client = Client()
    client.force_login(person)
    return {key: value for key, value in client.session.items() if key != "touched"}


def a_recipient_list(cast: Any) -> RecipientList:
    """Of CT Reporting."""
    kept = RecipientList.objects.create(worklist=cast.ct, name="Tuesday MDT")
    for position, place in enumerate((cast.emergency, cast.chest), 1):
        ListedRecipient.objects.create(
            list=kept, position=position, method=place.kind, value=str(place.uuid), label=place.name
        )
    return kept


Args = Callable[[SimpleNamespace], list[Any]]
Data = Callable[[SimpleNamespace], dict[str, Any]]


def none(world: SimpleNamespace) -> Any:
    return []


@dataclass
class Row:
    """`people` maps what they get to who gets it; `rest` is what everybody else gets who is signed in."""

    name: str
    method: str
    args: Args
    people: dict[Any, str | frozenset[str]]
    rest: Any = HIDDEN
    anonymous: Any = LOGIN
    data: Data = lambda world: {}
    note: str = ""

    def expected(self) -> dict[str, Any]:
        found = dict.fromkeys(SIGNED_IN, self.rest) | {"anonymous": self.anonymous}
        for what, who in self.people.items():
            for person in who.split() if isinstance(who, str) else who:
                found[person] = what
        return found

    def __str__(self) -> str:
        return " ".join(filter(None, [self.method, self.name, self.note]))


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(
                pattern.url_patterns, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            )
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"


@contextmanager
def undone() -> Iterator[None]:
    savepoint = transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)


def signed_in(world: SimpleNamespace, name: str) -> Client:
    return all_signed_in(world, [name])[name]


def all_signed_in(world: SimpleNamespace, names: Iterable[str]) -> dict[str, Client]:
    """A client for each person, all sessions in one statement: signing them in anew costs more than most pages."""
    clients, sessions = {name: Client() for name in names}, []
    for name in clients.keys() & world.sessions.keys():
        session = SessionStore()
        key = session._get_new_session_key()
        until = timezone.now() + timedelta(days=1)
        sessions.append(session.model(key, session.encode(world.sessions[name]), until))
        clients[name].cookies[settings.SESSION_COOKIE_NAME] = key
    SessionStore.get_model_class().objects.bulk_create(sessions)
    return clients


def answer(client: Client, row: Row, world: SimpleNamespace) -> Any:
    return getattr(client, row.method)(reverse(row.name, args=row.args(world)), row.data(world))


def got(response: Any) -> Any:
    if response.status_code == FOUND and response["Location"].startswith(reverse("account_login")):
        return LOGIN
    return response.status_code


@dataclass
class Answers:
    """What each person gets by a row, and of those who are refused what is left of it."""

    found: dict[str, Any]
    # Whether everything but the audit trail is as it was, and how many lines the trail has more.
    left: dict[str, tuple[bool, int]]


def asked_by_everyone(world: SimpleNamespace, row: Row) -> Answers:
    """Each in turn, and what each has done is undone."""
    found, left, clients = {}, {}, all_signed_in(world, EVERYONE)
    before, events = fingerprint(but={AUDIT}), AuditEvent.objects.count()
    for name in sorted(EVERYONE):
        with undone():
            written = rows_written(but={AUDIT})
            found[name] = got(answer(clients[name], row, world))
            if found[name] in (DENIED, HIDDEN, LOGIN):
                is_same = rows_written(but={AUDIT}) == written or fingerprint(but={AUDIT}) == before
                left[name] = (is_same, AuditEvent.objects.count() - events)
    return Answers(found, left)


def left_by_refusals(row: Row) -> dict[str, tuple[bool, int]]:
    """What a row's refusals should leave: nothing, and where the person was denied the one line that says so."""
    refusals = {name: what for name, what in row.expected().items() if what in (DENIED, HIDDEN, LOGIN)}
    return {name: (True, 1 if what == DENIED else 0) for name, what in refusals.items()}

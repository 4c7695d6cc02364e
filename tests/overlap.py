"""Two deeds at once, each on a connection of its own: in a queue behind a lock we hold, or let go together."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection

from accounts.locks import _key
from accounts.models import AccountMembership, Invitation, User
from cimar.embedded import processes
from studies.models import Study
from tests.plumbing import database

PATIENCE = 20
Deed = Callable[[], Any]
Hold = tuple[str, list[Any]]


def study_rows(*studies: Study) -> Hold:
    held = [study.pk for study in studies]
    return "SELECT FROM studies_study WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [held]


def person_row(user: User) -> Hold:
    return "SELECT FROM accounts_user WHERE id = %s FOR UPDATE", [user.pk]


def membership_row(membership: AccountMembership) -> Hold:
    return "SELECT FROM accounts_accountmembership WHERE id = %s FOR UPDATE", [membership.pk]


def invitation_row(invitation: Invitation) -> Hold:
    return "SELECT FROM accounts_invitation WHERE id = %s FOR NO KEY UPDATE", [invitation.pk]


def address(typed: str) -> Hold:
    return "SELECT pg_advisory_xact_lock(%s)", [_key(typed)]


class Contender(threading.Thread):
    """Does its deed and keeps what came of it: the answer, or the exception."""

    def __init__(self, deed: Deed, barrier: threading.Barrier | None = None) -> None:
        super().__init__(daemon=True)
        self.deed, self.barrier = deed, barrier
        self.came_of_it: Any = None

    def run(self) -> None:
        try:
            if self.barrier is not None:
                self.barrier.wait(PATIENCE)
            self.came_of_it = self.deed()
        except Exception as error:
            self.came_of_it = error
        finally:
            connection.close()

    def result(self) -> Any:
        self.join(PATIENCE)
        assert not self.is_alive(), "It still waits: a lock nobody lets go."
        return self.came_of_it


def queued(hold: Hold, deeds: Sequence[Deed], *, while_held: Deed = lambda: None) -> list[Any]:
    """Each deed comes to the lock we hold, one after the other, and waits; then `while_held`, and we let go."""
    name = connection.settings_dict["NAME"]
    contenders = [Contender(deed) for deed in deeds]
    with database.owner(name) as look, database.owner(name) as gate:
        with gate.transaction():
            gate.execute(*hold)
            for number, contender in enumerate(contenders, start=1):
                contender.start()
                assert processes.wait(lambda n=number: _waiting(look) >= n, PATIENCE), contender.came_of_it
            while_held()
        return [contender.result() for contender in contenders]


def at_once(deeds: Sequence[Deed]) -> list[Any]:
    """All of them let go at the same moment; what happens then is the machine's."""
    barrier = threading.Barrier(len(deeds))
    contenders = [Contender(deed, barrier) for deed in deeds]
    for contender in contenders:
        contender.start()
    return [contender.result() for contender in contenders]


def _waiting(look: psycopg.Connection[Any]) -> int:
    # pg_stat_activity hides from the owner what sessions of another role wait for; pg_locks does not.
    asked = """SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
               WHERE NOT l.granted AND a.datname = current_database()"""
    return look.execute(asked).fetchone()[0]

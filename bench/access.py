"""How fast rights are asked and changed: one account, 300 worklists, 5,000 people on all of them.

bin/python -m cimar.embedded run --profile test -- .venv/bin/python -m bench.access [people] [worklists]
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django

from tests.plumbing import database

NAME = f"bench_access_{os.getpid()}"


def main(people: int, places: int) -> None:
    database.create(NAME, database.template())
    os.environ["CIMAR_DATABASE_NAME"] = NAME
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
    django.setup()
    from django.db import connection

    try:
        measure(people, places)
    finally:
        connection.close()
        database.drop(NAME)


def measure(people: int, places: int) -> None:
    from accounts.models import AccountMembership, Role, User
    from worklists import access, proof, services
    from worklists.models import Worklist

    account = services.create_account(name="Bench Hospital", by=None)
    User.objects.bulk_create(User(email=f"p{n}@example.org", name=f"Person {n}") for n in range(people))
    users = list(User.objects.order_by("pk"))
    role = Role.objects.get(account=account, name="Radiologist")
    viewer = Role.objects.get(account=account, name="Viewer")
    Worklist.objects.bulk_create(
        Worklist(account=account, kind="location", name=f"Location {n}") for n in range(places)
    )
    AccountMembership.objects.bulk_create(
        AccountMembership(user=user, account=account, role=role, every_worklist=True) for user in users
    )
    say(f"{people:,} people × {places:,} worklists")
    with timed("bring everything in step from nothing"):
        access.sync(account=account)
    with database.owner(NAME) as owner:
        owner.execute("VACUUM ANALYZE")

    ticked = set(role.permissions.values_list("codename", flat=True))
    with timed("tick a permission in the role all of them hold"):
        services.change_role(role=role, permissions=ticked | {"edit_study"}, by=None)
    with timed("untick it"):
        services.change_role(role=role, permissions=ticked, by=None)
    membership = AccountMembership.objects.get(user=users[0])
    with timed("give one of them another role everywhere"):
        services.change_account_member(membership=membership, role=viewer, by=None)
    with timed("make one of them inactive"):
        services.deactivate_member(membership=membership, by=None)
    with timed("bring one back"):
        services.reactivate_member(membership=membership, by=None)
    with timed("add a worklist, where all of them have rights at once"):
        worklist = services.add_worklist(account=account, kind="group", name="One more", by=None)

    each("may", lambda user: access.may(user, "share_study", worklist), users)
    each("rights", lambda user: access.rights(user, worklist), users)
    each("worklists_for, all of them", lambda user: list(access.worklists_for(user, "list_studies")), users)
    each(
        "worklists_for, as a subquery for one worklist",
        lambda user: access.worklists_for(user, "list_studies").filter(pk=worklist.pk).exists(),
        users,
    )
    with timed("check_access"):
        found = len(list(proof.differences()))
    say(f"differences: {found}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    say(f"{time.perf_counter() - start:8.3f} s  {what}")


def each(what: str, ask: Callable[[object], object], users: list) -> None:
    took = []
    for user in users[1:201]:
        start = time.perf_counter()
        ask(user)
        took.append((time.perf_counter() - start) * 1000)
    ninety_fifth = statistics.quantiles(took, n=20)[-1]
    say(f"{statistics.median(took):7.2f} ms  {what} (95 %: {ninety_fifth:.2f} ms)")


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:]] or [5000, 300]
    main(*numbers)

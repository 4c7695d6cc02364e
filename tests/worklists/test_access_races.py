"""Two people change rights at once, on real connections: one waits for the other, and what comes out is lawful."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import close_old_connections, connection, transaction

from accounts.models import Account, AccountMembership
from audit.actor import OPERATOR
from tests.cast import acting
from tests.factories import join, make_account, make_location, make_user, membership_of, role_of
from worklists import access, services
from worklists.management import access_check
from worklists.models import Worklist

pytestmark = pytest.mark.django_db(transaction=True)


def meanwhile(first: Callable[[], Any], second: Callable[[], Any]) -> list[Exception]:
    """Do the first and, before it commits, begin the second on another connection; the errors of the second."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            second()
        except ValidationError as error:
            errors.append(error)
        finally:
            connection.close()

    close_old_connections()
    other = threading.Thread(target=run)
    with transaction.atomic():
        first()
        other.start()
        wait_until_somebody_waits()
    other.join(timeout=20)
    assert not other.is_alive()
    return errors


def wait_until_somebody_waits() -> None:
    """Until another session stands before a lock of this one; the database itself waits between the looks."""
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)) AND datname = current_database()"
            )
            if cursor.fetchone() != (0,):
                return
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.02)")
    raise AssertionError("Nobody waited: the two deeds did not meet.")


@pytest.fixture
def hospital() -> Account:
    return make_account("Hospital")


def test_two_administrators_who_take_each_other_out_leave_one(hospital: Account) -> None:
    memberships = [join(make_user(name), hospital, "Administrator") for name in ("Asta", "Bo")]
    errors = meanwhile(
        lambda: services.deactivate_member_without_shares(
            membership=memberships[0], by=acting(memberships[1].user)
        ),
        lambda: services.deactivate_member_without_shares(membership=memberships[1], by=OPERATOR),
    )
    assert [error.code for error in errors] == ["last_administrator"]
    assert AccountMembership.objects.filter(active=True).count() == 1


def test_the_last_holder_of_a_role_goes_as_the_next_one_comes(hospital: Account) -> None:
    worklist = make_location(hospital)
    old, new = make_user("Old"), make_user("New")
    join(old, hospital, "Viewer", [worklist])
    join(new, hospital, "Viewer")
    leaving = membership_of(old, worklist)
    errors = meanwhile(
        lambda: services.remove_worklist_member(membership=leaving, by=OPERATOR),
        lambda: services.add_worklist_member(worklist=worklist, user=new, by=OPERATOR),
    )
    assert errors == []
    assert access.may(acting(new), "list_studies", worklist)
    assert list(access_check.differences()) == []


def test_a_permission_is_ticked_as_somebody_gets_the_role(hospital: Account) -> None:
    worklist, user, role = make_location(hospital), make_user("Una"), role_of(hospital, "Viewer")
    join(user, hospital, "Viewer")
    errors = meanwhile(
        lambda: services.change_role(role=role, permissions=["list_studies", "edit_study"], by=OPERATOR),
        lambda: services.add_worklist_member(worklist=worklist, user=user, by=OPERATOR),
    )
    assert errors == []
    assert access.rights(acting(user), worklist) == {"list_studies", "edit_study"}
    assert list(access_check.differences()) == []


def test_two_accounts_choose_one_share_code(hospital: Account) -> None:
    here, there = make_location(hospital, "Here"), make_location(make_account("Clinic"), "There")
    errors = meanwhile(
        lambda: services.change_worklist(worklist=here, share_code="same code", by=OPERATOR),
        lambda: services.change_worklist(worklist=there, share_code="SAMECODE", by=OPERATOR),
    )
    assert [error.messages for error in errors] == [["This share code is taken. Choose another."]]
    assert list(Worklist.objects.filter(share_code="SAMECODE")) == [here]

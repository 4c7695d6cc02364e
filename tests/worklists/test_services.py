"""Every service of accounts, roles, members and worklists: who may call it, and that it is audited."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts.models import User
from audit.actions import Action
from tests.cast import Cast, acting
from tests.factories import (
    membership_of,
    role_of,
)
from tests.fingerprint import fingerprint
from tests.worklists.rows import last_event, member
from worklists import services

pytestmark = pytest.mark.django_db

# Every service, with a cast that makes it sensible

DEEDS: dict[str, Callable[[Cast, User | None], object]] = {
    "add_role": lambda cast, by: services.add_role(account=cast.northgate, name="New", by=acting(by)),
    "change_role": lambda cast, by: services.change_role(
        role=role_of(cast.northgate, "Viewer"), permissions=["list_studies"], by=acting(by)
    ),
    "rename_role": lambda cast, by: services.change_role(
        role=role_of(cast.northgate, "Viewer"), name="Reader", by=acting(by)
    ),
    "remove_role": lambda cast, by: services.remove_role(
        role=role_of(cast.northgate, "Referring clinician"), by=acting(by)
    ),
    "replace_role": lambda cast, by: services.replace_role(
        role=role_of(cast.northgate, "Viewer"), other=role_of(cast.northgate, "Radiologist"), by=acting(by)
    ),
    "add_account_member": lambda cast, by: services.add_account_member(
        account=cast.northgate, user=cast.ed, role=role_of(cast.northgate, "Viewer"), by=acting(by)
    ),
    "change_account_member": lambda cast, by: services.change_account_member(
        membership=member(cast.vera, cast.northgate),
        role=role_of(cast.northgate, "Radiologist"),
        by=acting(by),
    ),
    "give_every_worklist": lambda cast, by: services.change_account_member(
        membership=member(cast.vera, cast.northgate), every_worklist=True, by=acting(by)
    ),
    "deactivate_member_without_shares": lambda cast, by: services.deactivate_member_without_shares(
        membership=member(cast.vera, cast.northgate), by=acting(by)
    ),
    "reactivate_member": lambda cast, by: services.reactivate_member(
        membership=member(cast.ina, cast.northgate), by=acting(by)
    ),
    "remove_member_without_shares": lambda cast, by: services.remove_member_without_shares(
        membership=member(cast.ben, cast.northgate), by=acting(by)
    ),
    "add_worklist": lambda cast, by: services.add_worklist(
        account=cast.northgate, kind="group", name="Stroke MDT", by=acting(by)
    ),
    "change_worklist": lambda cast, by: services.change_worklist(
        worklist=cast.ct, takes_shares=False, by=acting(by)
    ),
    "change_code": lambda cast, by: services.change_worklist(
        worklist=cast.ct, share_code="new 2026", by=acting(by)
    ),
    "change_default_role": lambda cast, by: services.change_worklist(
        worklist=cast.ct, default_role=role_of(cast.northgate, "Viewer"), by=acting(by)
    ),
    "move_front_door": lambda cast, by: services.change_worklist(
        worklist=cast.ct, is_front_door=True, by=acting(by)
    ),
    "make_share_code": lambda cast, by: services.make_share_code(worklist=cast.ct, by=acting(by)),
    "remove_worklist_without_shares": lambda cast, by: services.remove_worklist_without_shares(
        worklist=cast.chest, by=acting(by), veto=lambda worklist: ""
    ),
    "add_worklist_member": lambda cast, by: services.add_worklist_member(
        worklist=cast.chest, user=cast.vera, by=acting(by)
    ),
    "add_worklist_members": lambda cast, by: services.add_worklist_members(
        worklist=cast.chest, users=[cast.vera, cast.ben], by=acting(by)
    ),
    "add_to_worklists": lambda cast, by: services.add_to_worklists(
        membership=member(cast.vera, cast.northgate),
        worklists=[cast.chest, cast.emergency],
        by=acting(by),
    ),
    "change_worklist_member": lambda cast, by: services.change_worklist_member(
        membership=membership_of(cast.vera, cast.ct),
        role=role_of(cast.northgate, "Radiologist"),
        by=acting(by),
    ),
    "remove_worklist_member": lambda cast, by: services.remove_worklist_member(
        membership=membership_of(cast.vera, cast.ct), by=acting(by)
    ),
}
EVENTS = {
    "add_role": Action.ROLE_ADD,
    "change_role": Action.ROLE_CHANGE,
    "rename_role": Action.ROLE_CHANGE,
    "remove_role": Action.ROLE_REMOVE,
    "replace_role": Action.ROLE_REPLACE,
    "add_account_member": Action.MEMBER_ADD,
    "change_account_member": Action.MEMBER_CHANGE,
    "give_every_worklist": Action.MEMBER_CHANGE,
    "deactivate_member_without_shares": Action.MEMBER_LEAVE,
    "reactivate_member": Action.MEMBER_CHANGE,
    "remove_member_without_shares": Action.MEMBER_LEAVE,
    "add_worklist": Action.WORKLIST_ADD,
    "change_worklist": Action.WORKLIST_CHANGE,
    "change_code": Action.CODE_CHANGE,
    "change_default_role": Action.WORKLIST_CHANGE,
    "move_front_door": Action.CODE_CHANGE,
    "make_share_code": Action.CODE_CHANGE,
    "remove_worklist_without_shares": Action.WORKLIST_REMOVE,
    "add_worklist_member": Action.WORKLIST_MEMBER_ADD,
    "add_worklist_members": Action.WORKLIST_MEMBER_ADD,
    "add_to_worklists": Action.WORKLIST_MEMBER_ADD,
    "change_worklist_member": Action.WORKLIST_MEMBER_CHANGE,
    "remove_worklist_member": Action.WORKLIST_MEMBER_REMOVE,
}


@pytest.mark.parametrize("name", DEEDS)
def test_only_administrators_of_that_account_run_it_and_others_change_nothing(cast: Cast, name: str) -> None:
    before = fingerprint()
    for person in (cast.ana, cast.vera, cast.ina, cast.rita, cast.ed, None):
        with pytest.raises(PermissionDenied, match="Only an administrator of the account"):
            DEEDS[name](cast, person)
    assert fingerprint() == before


@pytest.mark.parametrize("person", ["adam", "sue"])
@pytest.mark.parametrize("name", DEEDS)
def test_an_administrator_and_a_superuser_may_and_it_is_audited(cast: Cast, name: str, person: str) -> None:
    by = getattr(cast, person)
    DEEDS[name](cast, by)
    event = last_event()
    assert (event.action, event.by_id, event.outcome) == (EVENTS[name], by.pk, "success")
    assert (event.account_id, event.account_label) == (cast.northgate.pk, "Northgate Hospital")


@pytest.mark.parametrize("name", DEEDS)
def test_what_cannot_be_audited_does_not_happen(cast: Cast, name: str) -> None:
    class Broken(Exception):
        """The audit table takes no row."""

    def refuse(execute: Any, sql: Any, *rest: Any) -> Any:
        if str(sql).replace('"', "").strip().startswith("INSERT INTO audit_auditevent"):
            raise Broken
        return execute(sql, *rest)

    before = fingerprint()
    with connection.execute_wrapper(refuse), pytest.raises(Broken):
        DEEDS[name](cast, cast.adam)
    assert fingerprint() == before


@pytest.mark.parametrize(
    "name", ["change_role", "deactivate_member_without_shares", "change_worklist", "change_code"]
)
def test_the_same_deed_twice_acts_once(cast: Cast, name: str) -> None:
    DEEDS[name](cast, cast.adam)
    before = fingerprint()
    DEEDS[name](cast, cast.adam)
    assert fingerprint() == before


def test_nobody_signed_in_is_not_the_platform(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="Only a superuser of the platform"):
        services.create_account(name="Mine", by=acting(None))

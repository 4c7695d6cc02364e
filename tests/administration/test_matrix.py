"""The core of the administration, its roles, worklists and trail × every person of the cast.

The addresses about people, invitations, settings and users have theirs in `test_admin_people_matrix.py`.
"""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver

from tests.administration.test_notice_presets import ROWS as NOTICES_ROWS
from tests.administration.test_people_matrix import ROWS as PEOPLES_ROWS
from tests.administration.test_rule_matrix import ROWS as RULES_ROWS
from tests.administration.test_token_matrix import ROWS as TOKENS_ROWS
from tests.factories import membership_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.matrix import (
    DENIED,
    FOUND,
    HIDDEN,
    LOGIN,
    OK,
    SIGNED_IN,
    Args,
    Data,
    Row,
    addresses,
    answer,
    asked_by_everyone,
    got,
    left_by_refusals,
    none,
    signed_in,
    world,
)

__all__ = ["world"]

pytestmark = pytest.mark.django_db

# The administration. Adam runs Northgate, Rita Riverside, Sue the platform; to everybody else it is closed.


def of_ct(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.pk]


def of_chest(world: SimpleNamespace) -> list[Any]:
    return [world.cast.chest.pk]


def of_membership(world: SimpleNamespace) -> list[Any]:
    return [membership_of(world.cast.vera, world.cast.ct).pk]


def a_worklist(world: SimpleNamespace) -> dict[str, Any]:
    return {"kind": "group", "name": "Stroke MDT", "takes_shares": "on"}


def a_membership(world: SimpleNamespace) -> dict[str, Any]:
    return {"worklist": world.cast.chest.pk, "user": world.cast.vera.pk}


def yes(world: SimpleNamespace) -> dict[str, Any]:
    return {"post": "yes"}


RUNNERS = frozenset({"adam", "rita", "sue"})
CLOSED = {DENIED: SIGNED_IN - RUNNERS}
OURS_TO_READ = {OK: "adam sue", HIDDEN: "rita", **CLOSED}
OURS_TO_CHANGE = {FOUND: "adam sue", HIDDEN: "rita", **CLOSED}


def admin_row(
    page: str, method: str, args: Args, people: dict[Any, Any], data: Data = lambda world: {}
) -> Row:
    return Row(f"admin:worklists_{page}", method, args, people, data=data)


ROWS = [
    admin_row("worklist_changelist", "get", none, {OK: RUNNERS, **CLOSED}),
    # On the whole platform an account is chosen first.
    admin_row("worklist_add", "get", none, {OK: "adam rita", FOUND: "sue", **CLOSED}),
    admin_row("worklist_add", "post", none, {FOUND: RUNNERS, **CLOSED}, a_worklist),
    admin_row("worklist_change", "get", of_ct, OURS_TO_READ),
    admin_row("worklist_change", "post", of_ct, OURS_TO_CHANGE, a_worklist),
    admin_row("worklist_history", "get", of_ct, OURS_TO_READ),
    admin_row("worklist_delete", "get", of_chest, OURS_TO_READ),
    admin_row("worklist_delete", "post", of_chest, OURS_TO_CHANGE, yes),
    admin_row("worklist_members", "get", of_ct, OURS_TO_READ),
    admin_row("worklist_members_add", "get", of_ct, OURS_TO_READ),
    admin_row(
        "worklist_members_add",
        "post",
        of_ct,
        OURS_TO_CHANGE,
        lambda world: {"person": str(world.cast.ben.uuid)},
    ),
    admin_row("worklist_code", "get", of_ct, OURS_TO_READ),
    admin_row("worklist_code", "post", of_chest, OURS_TO_CHANGE, lambda world: {"change": "make"}),
    admin_row("worklist_urgent", "get", of_ct, OURS_TO_READ),
    admin_row(
        "worklist_urgent", "post", of_chest, OURS_TO_CHANGE, lambda world: {"emails": "", "wait": "45"}
    ),
    admin_row("worklist_card", "get", of_ct, OURS_TO_READ),
    admin_row("worklist_address", "get", of_ct, OURS_TO_READ),
    admin_row("worklist_address", "post", of_ct, OURS_TO_CHANGE),
    *(
        admin_row("worklist_address", "post", of_ct, OURS_TO_CHANGE, lambda world, step=step: {"step": step})
        for step in ("send_again", "withdraw")
    ),
    admin_row("worklistmembership_changelist", "get", none, {OK: RUNNERS, **CLOSED}),
    admin_row("worklistmembership_add", "get", none, {OK: "adam rita", FOUND: "sue", **CLOSED}),
    # Rita's form comes again: what she names is none of her choices.
    admin_row(
        "worklistmembership_add", "post", none, {FOUND: "adam sue", OK: "rita", **CLOSED}, a_membership
    ),
    admin_row("worklistmembership_change", "get", of_membership, OURS_TO_READ),
    admin_row("worklistmembership_change", "post", of_membership, OURS_TO_CHANGE, lambda world: {"role": ""}),
    admin_row("worklistmembership_history", "get", of_membership, OURS_TO_READ),
    admin_row("worklistmembership_delete", "get", of_membership, OURS_TO_READ),
    admin_row("worklistmembership_delete", "post", of_membership, OURS_TO_CHANGE, yes),
]

# Its core: the front page, the account one looks at, roles, the trail.


def a_role(world: SimpleNamespace) -> list[Any]:
    return [role_of(world.cast.northgate, "Viewer").pk]


def a_role_nobody_has(world: SimpleNamespace) -> list[Any]:
    return [role_of(world.cast.northgate, "Referring clinician").pk]


def some_ticks(world: SimpleNamespace) -> dict[str, Any]:
    return {"name": "Night shift", "permissions": ["list_studies"]}


def another_role(world: SimpleNamespace) -> dict[str, Any]:
    return {"other": role_of(world.cast.northgate, "Radiologist").pk}


def northgate(world: SimpleNamespace) -> dict[str, Any]:
    return {"account": world.cast.northgate.pk}


def people_to_find(world: SimpleNamespace) -> dict[str, Any]:
    return {"app_label": "worklists", "model_name": "worklistmembership", "field_name": "user", "term": "an"}


INSIDE = {OK: RUNNERS, **CLOSED}
LED_ON = {FOUND: RUNNERS, **CLOSED}
ROWS += [
    Row("admin:index", "get", none, INSIDE),
    Row("admin:app_list", "get", lambda world: ["accounts"], LED_ON),
    Row("admin:jsi18n", "get", none, INSIDE),
    Row("admin:choose_account", "get", none, INSIDE),
    # Rita is told that it is none of hers.
    Row("admin:choose_account", "post", none, LED_ON, data=northgate),
    Row("admin:autocomplete", "get", none, INSIDE, data=people_to_find),
    Row("admin:accounts_role_changelist", "get", none, INSIDE),
    Row("admin:accounts_role_add", "get", none, {OK: "adam rita", FOUND: "sue", **CLOSED}),
    Row("admin:accounts_role_add", "post", none, LED_ON, data=some_ticks),
    Row("admin:accounts_role_change", "get", a_role, OURS_TO_READ),
    Row("admin:accounts_role_change", "post", a_role, OURS_TO_CHANGE, data=some_ticks),
    Row(
        "admin:accounts_role_change",
        "post",
        a_role,
        OURS_TO_READ,
        data=lambda world: {**some_ticks(world), "_effect": "1"},
        note="to see what would change",
    ),
    Row("admin:accounts_role_copy", "get", a_role, OURS_TO_READ),
    Row("admin:accounts_role_copy", "post", a_role, OURS_TO_CHANGE, data=lambda world: {"name": "Copy"}),
    Row("admin:accounts_role_replace", "get", a_role, OURS_TO_READ),
    Row("admin:accounts_role_replace", "post", a_role, OURS_TO_CHANGE, data=another_role),
    Row(
        "admin:accounts_role_replace",
        "post",
        a_role,
        OURS_TO_READ,
        data=lambda world: {**another_role(world), "_effect": "1"},
        note="to see what would change",
    ),
    Row("admin:accounts_role_replace_progress", "get", a_role_nobody_has, OURS_TO_READ),
    Row("admin:accounts_role_history", "get", a_role, OURS_TO_READ),
    Row("admin:accounts_role_delete", "get", a_role_nobody_has, OURS_TO_READ),
    Row("admin:accounts_role_delete", "post", a_role_nobody_has, OURS_TO_CHANGE, data=yes),
    Row("admin:audit_auditevent_changelist", "get", none, INSIDE),
    Row("admin:audit_auditevent_csv", "get", none, INSIDE),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world, row):
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)


def test_every_address_of_the_administration_has_a_row():
    named = {name for name in addresses(get_resolver().url_patterns) if name.startswith("admin:")}

    # One has no name: it leads from an address without its last stroke to the one with it.
    rows = (*ROWS, *NOTICES_ROWS, *PEOPLES_ROWS, *RULES_ROWS, *TOKENS_ROWS)
    assert named - {"admin:None"} == {row.name for row in rows}


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_a_method_without_a_row_changes_nothing(world, name):
    """Django's own pages look at POST alone and show themselves to GET; whatever else comes is not allowed."""
    first = next(row for row in ROWS if row.name == name)
    client = signed_in(world, "adam")
    before = fingerprint(but={AUDIT})

    answers = {
        method: got(answer(client, Row(name, method, first.args, {}), world))
        for method in {"get", "post", "put", "patch", "delete"}
        - {row.method for row in ROWS if row.name == name}
    }

    assert {answers.pop("get", OK), answers.pop("post", OK)} <= {OK, FOUND, 405}
    assert set(answers.values()) == {405}
    assert fingerprint(but={AUDIT}) == before


def admin_addresses() -> Iterator[str]:
    """Of every page of the administration one, with a key where it wants one."""
    patterns = next(
        url_pattern.url_patterns
        for url_pattern in get_resolver().url_patterns
        if getattr(url_pattern, "namespace", "") == "admin"
    )

    def addressed(inside: list[Any], prefix: str) -> Iterator[str]:
        for pattern in inside:
            route = f"{prefix}{getattr(pattern.pattern, '_route', pattern.pattern.regex.pattern)}"
            if isinstance(pattern, URLResolver):
                yield from addressed(pattern.url_patterns, route)
            elif pattern.name is not None:
                yield re.sub(r"<[^>]+>", "1", route)

    return (
        f"/admin/{route}" if "(" not in route else "/admin/accounts/" for route in addressed(patterns, "")
    )


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_the_administration_is_closed_to_whoever_administers_nothing(world, method):
    """Whatever the address: no row of the matrix need know it."""
    clients = {name: signed_in(world, name) for name in ("ana", "ed", "anonymous")}
    before = fingerprint(but={AUDIT})

    answers = {
        (name, address): got(getattr(client, method)(address))
        for name, client in clients.items()
        for address in admin_addresses()
    }

    closed = {"ana": DENIED, "ed": DENIED, "anonymous": LOGIN}
    assert len(answers) > 90
    assert {key: status for key, status in answers.items() if status != closed[key[0]]} == {}
    assert fingerprint(but={AUDIT}) == before

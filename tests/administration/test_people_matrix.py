"""Every address about people, invitations, settings and users in the administration × every person of the cast.

Own account, another account by an edited id, and nobody at all: what each gets, and that a refusal leaves one line.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import get_resolver

from accounts.models import AccountMembership, Invitation
from tests.cast import acting
from tests.factories import role_of
from tests.matrix import (
    DENIED,
    FOUND,
    HIDDEN,
    OK,
    UNFIT,
    Row,
    addresses,
    answer,
    asked_by_everyone,
    left_by_refusals,
    none,
    signed_in,
    world,
)
from worklists import services
from worklists.services import MembershipOffer

__all__ = ["world"]

pytestmark = pytest.mark.django_db

NOT_ALLOWED = 405
OURS = (
    "admin:accounts_accountmembership_",
    "admin:accounts_invitation_",
    "admin:accounts_account_",
    "admin:accounts_user_",
)


@pytest.fixture(autouse=True)
def invited(world: SimpleNamespace) -> None:
    """An invitation of either account."""
    cast = world.cast
    for account, by, name in ((cast.northgate, cast.adam, "olga"), (cast.riverside, cast.rita, "pia")):
        offer = MembershipOffer(f"{name}@example.net", role_of(account, "Viewer"))
        services.invite_members(account=account, offers=[offer], by=acting(by))


def member(name: str) -> Any:
    return lambda world: [AccountMembership.objects.get(user=getattr(world.cast, name)).pk]


def invitation(name: str) -> Any:
    return lambda world: [Invitation.objects.get(email=f"{name}@example.net").pk]


def account(name: str) -> Any:
    return lambda world: [getattr(world.cast, name).pk]


def user(name: str) -> Any:
    return lambda world: [getattr(world.cast, name).pk]


def a_role(world: SimpleNamespace) -> dict[str, Any]:
    return {"role": role_of(world.cast.northgate, "Viewer").pk}


def on_chest(world: SimpleNamespace) -> dict[str, Any]:
    return {"worklist": str(world.cast.chest.uuid)}


def confirmed(world: SimpleNamespace) -> dict[str, Any]:
    return {"post": "yes"}


def settings(world: SimpleNamespace) -> dict[str, Any]:
    return {"name": "Northgate Trust", "timezone": "Europe/London", "invitation_days": "30"}


def a_list(world: SimpleNamespace) -> dict[str, Any]:
    return {"pasted": "email,role,worklists\nq@example.net,Viewer,\n"}


def a_person(world: SimpleNamespace) -> dict[str, Any]:
    return {"email": "q@example.net", "rows": "3", **a_role(world)}


def own(name: str, method: str, args: Any, good: int, **more: Any) -> Row:
    """Adam's account: he and whoever runs the platform get it; to Rita it is as if it did not exist."""
    return Row(f"admin:{name}", method, args, {good: "adam sue", HIDDEN: "rita"}, rest=DENIED, **more)


def everybodys(name: str, method: str, people: dict[Any, str], **more: Any) -> Row:
    """A page of whichever account somebody administers."""
    return Row(f"admin:{name}", method, none, people, rest=DENIED, **more)


def platforms(name: str, method: str, args: Any, good: int, **more: Any) -> Row:
    return Row(f"admin:{name}", method, args, {good: "sue"}, rest=DENIED, **more)


PEOPLE, INVITATIONS, ACCOUNTS, USERS = (
    "accounts_accountmembership", "accounts_invitation", "accounts_account", "accounts_user"
)  # fmt: skip
ROWS = [
    everybodys(f"{PEOPLE}_changelist", "get", {OK: "adam rita sue"}),
    everybodys(f"{PEOPLE}_add", "get", {DENIED: "adam rita sue"}, note="people are invited"),
    own(f"{PEOPLE}_change", "get", member("ana"), OK),
    own(f"{PEOPLE}_change", "post", member("ana"), FOUND, data=a_role),
    own(f"{PEOPLE}_history", "get", member("ana"), OK),
    own(f"{PEOPLE}_delete", "get", member("ana"), OK),
    own(f"{PEOPLE}_delete", "post", member("ana"), FOUND, data=confirmed),
    own(f"{PEOPLE}_deactivate", "get", member("ana"), OK),
    own(f"{PEOPLE}_deactivate", "post", member("ana"), FOUND),
    own(f"{PEOPLE}_reactivate", "get", member("ina"), NOT_ALLOWED),
    own(f"{PEOPLE}_reactivate", "post", member("ina"), FOUND),
    own(f"{PEOPLE}_worklists", "get", member("ana"), OK),
    own(f"{PEOPLE}_worklists", "post", member("ana"), FOUND, data=on_chest),
    everybodys(f"{INVITATIONS}_changelist", "get", {OK: "adam rita sue"}),
    everybodys(f"{INVITATIONS}_add", "get", {OK: "adam rita", FOUND: "sue"}),
    everybodys(f"{INVITATIONS}_add", "post", {FOUND: "adam sue", UNFIT: "rita"}, data=a_person),
    everybodys(f"{INVITATIONS}_batch", "get", {OK: "adam rita", FOUND: "sue"}),
    everybodys(f"{INVITATIONS}_batch", "post", {OK: "adam rita", FOUND: "sue"}, data=a_list),
    own(f"{INVITATIONS}_change", "get", invitation("olga"), OK),
    own(f"{INVITATIONS}_history", "get", invitation("olga"), OK),
    own(f"{INVITATIONS}_delete", "get", invitation("olga"), DENIED, note="withdrawn instead"),
    own(
        f"{INVITATIONS}_delete", "post", invitation("olga"), DENIED, data=confirmed, note="withdrawn instead"
    ),
    own(f"{INVITATIONS}_resend", "post", invitation("olga"), FOUND),
    own(f"{INVITATIONS}_new_link", "post", invitation("olga"), FOUND),
    own(f"{INVITATIONS}_withdraw", "get", invitation("olga"), OK),
    own(f"{INVITATIONS}_withdraw", "post", invitation("olga"), FOUND),
    everybodys(f"{ACCOUNTS}_changelist", "get", {FOUND: "adam rita", OK: "sue"}),
    own(f"{ACCOUNTS}_change", "get", account("northgate"), OK),
    own(f"{ACCOUNTS}_change", "post", account("northgate"), FOUND, data=settings),
    own(f"{ACCOUNTS}_history", "get", account("northgate"), OK),
    own(f"{ACCOUNTS}_lives", "get", account("northgate"), OK),
    own(f"{ACCOUNTS}_left_shares", "get", account("northgate"), OK),
    own(
        f"{ACCOUNTS}_left_shares",
        "post",
        account("northgate"),
        UNFIT,
        note="no one left, so no one to choose",
    ),
    own(f"{ACCOUNTS}_lives", "post", account("northgate"), FOUND, data=lambda world: {"longest_email": "30"}),
    Row(f"admin:{ACCOUNTS}_identity", "get", account("northgate"), {OK: "sue", HIDDEN: "rita"}, rest=DENIED),
    Row(
        f"admin:{ACCOUNTS}_identity",
        "post",
        account("northgate"),
        {FOUND: "sue", HIDDEN: "rita"},
        rest=DENIED,
        data=lambda world: {"decision": "confirm", "domain": "northgate.example"},
    ),
    Row(f"admin:{ACCOUNTS}_provider", "get", account("northgate"), {OK: "sue", HIDDEN: "rita"}, rest=DENIED),
    Row(
        f"admin:{ACCOUNTS}_provider",
        "post",
        account("northgate"),
        {FOUND: "sue", HIDDEN: "rita"},
        rest=DENIED,
        data=lambda world: {
            "name": "northgate",
            "issuer": "https://login.northgate.example",
            "client_id": "cimar",
            "domains": "northgate.example",
        },
    ),
    own(f"{ACCOUNTS}_delete", "get", account("northgate"), DENIED, note="accounts stay"),
    platforms(f"{ACCOUNTS}_add", "get", none, OK),
    platforms(f"{USERS}_changelist", "get", none, OK),
    platforms(f"{USERS}_change", "get", user("ana"), OK),
    platforms(f"{USERS}_history", "get", user("ana"), OK),
    platforms(f"{USERS}_add", "get", none, DENIED, note="people register"),
    platforms(f"{USERS}_delete", "get", user("ana"), DENIED, note="users stay"),
    platforms(f"{USERS}_deactivate", "get", user("ana"), OK),
    platforms(f"{USERS}_deactivate", "post", user("ana"), FOUND),
    platforms(f"{USERS}_reactivate", "post", user("ana"), FOUND),
    platforms(f"{USERS}_second_factor", "get", user("ana"), OK),
    platforms(f"{USERS}_second_factor", "post", user("ana"), UNFIT, note="who has none"),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world, row):
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)


@pytest.mark.parametrize(
    "name, args",
    [
        *((f"{PEOPLE}_{page}", member("caro")) for page in ("change", "history", "delete", "deactivate")),
        *((f"{INVITATIONS}_{page}", invitation("pia")) for page in ("change", "history", "withdraw")),
        *((f"{ACCOUNTS}_{page}", account("riverside")) for page in ("change", "history")),
    ],
)
def test_an_edited_id_reaches_nothing_of_another_account(world, name, args):
    for who, status in (("adam", HIDDEN), ("rita", OK)):
        response = answer(signed_in(world, who), Row(f"admin:{name}", "get", args, {}), world)
        assert response.status_code == status


def test_a_right_lost_counts_from_the_next_request(world):
    cast = world.cast
    second = AccountMembership.objects.get(user=cast.ana)
    services.change_account_member(
        membership=second, role=role_of(cast.northgate, "Administrator"), by=acting(cast.adam)
    )
    client = signed_in(world, "ana")
    row = Row(f"admin:{PEOPLE}_changelist", "get", none, {})
    assert answer(client, row, world).status_code == OK

    services.change_account_member(
        membership=second, role=role_of(cast.northgate, "Viewer"), by=acting(cast.adam)
    )

    assert answer(client, row, world).status_code == DENIED


def test_every_address_of_ours_has_a_row():
    named = {name for name in addresses(get_resolver().url_patterns) if name.startswith(OURS)}

    assert named == {row.name for row in ROWS}

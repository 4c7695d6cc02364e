"""What would change if a role were saved: the numbers and the panel of its page."""

import random
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AccountMembership
from audit.actor import OPERATOR
from tests.administering import adam, sue
from tests.administration.test_roles import page_of, text_of, ticks
from tests.cast import Cast
from tests.factories import join, make_account, make_location, make_role, make_user, role_of
from tests.fingerprint import fingerprint
from worklists import access, selectors, services
from worklists.selectors import Effect

__all__ = ["adam", "sue"]

pytestmark = pytest.mark.django_db


# What changes if you save


def held() -> dict[tuple[int, int], frozenset[str]]:
    """Every active person's rights on every worklist of an account, as the law has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT er.user_id, er.worklist_id, array_agg(er.codename::text) FROM worklists_effective_right er "
            "JOIN accounts_user u ON u.id = er.user_id AND u.is_active GROUP BY 1, 2"
        )
        return {(user, worklist): frozenset(names) for user, worklist, names in cursor.fetchall()}


def who_hold(codename: str) -> set[tuple[int, int]]:
    memberships = AccountMembership.objects.filter(
        active=True, user__is_active=True, role__permissions__codename=codename
    )
    return set(memberships.values_list("user_id", "account_id"))


def administrators() -> set[tuple[int, int]]:
    return who_hold(access.ADMINISTER)


def auditors() -> set[tuple[int, int]]:
    return who_hold(access.AUDIT)


def moved(before: dict[Any, frozenset[str]], after: dict[Any, frozenset[str]]) -> dict[str, Any]:
    """Who gained and lost what between two states, counted by hand."""
    found: dict[str, Any] = {"gained": {}, "lost": {}}
    for place in before.keys() | after.keys():
        was, now = before.get(place, frozenset()), after.get(place, frozenset())
        for name, codenames in (("gained", now - was), ("lost", was - now)):
            for codename in codenames:
                found[name].setdefault(codename, set()).add(place)
    return found


def told(effect: Effect) -> dict[str, Any]:
    """The same as the preview has it: for each permission, on how many worklists how many people."""
    return {
        name: {
            codename: (effect.people, effect.worklists)
            for codename in codenames - access.ACCOUNT_CODENAMES
            if effect.people
        }
        for name, codenames in (("gained", effect.gained), ("lost", effect.lost))
    }


def counted(moves: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            codename: (len({user for user, _ in places}), len({worklist for _, worklist in places}))
            for codename, places in codenames.items()
        }
        for name, codenames in moves.items()
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_numbers_before_saving_are_the_difference_after_it(cast: Cast, seed: int) -> None:
    """Random hospitals, random ticks: what the panel says is what the recomputed rights then show."""
    chance = random.Random(seed)
    account = make_account()
    roles = [make_role(account) for _ in range(3)]
    worklists = [make_location(account, default_role=chance.choice([None, *roles])) for _ in range(3)]
    keeper = make_user()
    join(keeper, account, "Administrator", every_worklist=True)
    for _ in range(6):
        join(
            make_user(is_active=chance.random() > 0.2),
            account,
            chance.choice(roles),
            chance.sample(worklists, chance.randrange(3)),
            own_role=chance.choice([None, *roles]),
            every_worklist=chance.random() < 0.3,
            active=chance.random() > 0.2,
        )
    known = sorted(access.CODENAMES | access.ACCOUNT_CODENAMES)

    for _ in range(8):
        role, wanted = chance.choice(roles), chance.sample(known, chance.randrange(len(known)))
        before, ran, audited = held(), administrators(), auditors()
        effect = selectors.effect_of(role, wanted)
        services.change_role(role=role, permissions=wanted, by=OPERATOR)

        assert told(effect) == counted(moved(before, held()))
        assert effect.administrators == len(ran ^ administrators())
        assert effect.auditors == len(audited ^ auditors())


def test_the_panel_says_in_numbers_what_would_change_and_changes_nothing(adam: Client, cast: Cast) -> None:
    viewer = role_of(cast.northgate, "Viewer")
    services.add_worklist_member(worklist=cast.chest, user=cast.ben, role=viewer, by=OPERATOR)
    before = fingerprint()
    wanted = {
        "name": "Viewer",
        "permissions": ["list_studies", "download_study", access.ADMINISTER],
        "_effect": "1",
    }

    part = adam.post(page_of(viewer), wanted, headers={"HX-Request": "true"})
    whole = adam.post(page_of(viewer), wanted)

    for said in (text_of(part), text_of(whole)):
        assert "2 people gain on 2 worklists: Studies: Download" in said
        assert "2 people lose on 2 worklists: Studies: Open images" in said
        assert "1 person will be able to administer the account." in said
    assert "<html" not in part.content.decode()
    assert whole.content.decode().count(" checked") == 3
    assert fingerprint() == before


def test_the_panel_says_who_gains_and_loses_the_register_and_the_trail(adam: Client, cast: Cast) -> None:
    what = "view the register of shares and the audit trail of the account."
    viewer = role_of(cast.northgate, "Viewer")
    ticks = list(viewer.permissions.values_list("codename", flat=True))

    def panel(permissions: list[str]) -> str:
        wanted = {"name": "Viewer", "permissions": permissions, "_effect": "1"}
        return text_of(adam.post(page_of(viewer), wanted, headers={"HX-Request": "true"}))

    assert what not in panel(ticks)
    assert f"1 person will be able to {what}" in panel([*ticks, access.AUDIT])

    saved = adam.post(page_of(viewer), {"name": "Viewer", "permissions": [*ticks, access.AUDIT]}, follow=True)

    assert f"1 person can now {what}" in text_of(saved)
    assert f"1 person will no longer be able to {what}" in panel(ticks)


def test_the_panel_says_that_nobody_would_be_left_to_administer(adam: Client, cast: Cast) -> None:
    role = role_of(cast.northgate, "Administrator")

    part = adam.post(page_of(role), {"name": role.name, "_effect": "1"}, headers={"HX-Request": "true"})

    assert "It would leave the account without an administrator." in text_of(part)
    assert "1 person will no longer be able to administer the account." in text_of(part)


def test_the_panel_knows_no_ticks_but_ours(adam: Client, cast: Cast) -> None:
    role = role_of(cast.northgate, "Viewer")
    wanted = {"permissions": ["list_studies", "open_study", "become_king"], "_effect": "1"}

    part = adam.post(page_of(role), wanted, headers={"HX-Request": "true"})

    assert "Nothing changes for anyone." in text_of(part)
    assert adam.post(page_of(role), {"name": "Viewer", "permissions": ["become_king"]}).status_code == 200
    assert ticks(role) == {"list_studies", "open_study"}


def test_what_was_saved_is_said_in_numbers(adam: Client, cast: Cast) -> None:
    viewer = role_of(cast.northgate, "Viewer")

    answer = adam.post(page_of(viewer), {"name": "Looker", "permissions": ["list_studies"]}, follow=True)

    assert "The role “Looker” was saved. 1 person lost 1 permission on 1 worklist." in text_of(answer)

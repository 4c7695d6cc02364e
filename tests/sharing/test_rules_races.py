"""Sharing rules that change while something is shared: what comes after a rule obeys the rule."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Account
from sharing.models import GuestLink, Method, Share, ShareRule
from sharing.services import (
    add_share_rule,
    change_share,
    decide_share,
    make_guest_link,
    remove_share_rule,
    share_studies,
)
from sharing.targets import Target
from studies.models import Study
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.lawful import assert_lawful
from tests.overlap import Hold, at_once, queued, study_rows
from worklists.services import change_worklist

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 5


def account_row(account: Account) -> Hold:
    return "SELECT FROM accounts_account WHERE id = %s FOR NO KEY UPDATE", [account.pk]


def forbid(cast: Cast, **parts: Any) -> ShareRule:
    return add_share_rule(account=cast.northgate, allows=False, by=acting(cast.adam), **parts)


def target(cast: Cast, method: Method) -> Target:
    values: dict[str, Callable[[], str]] = {
        Method.LOCATION: lambda: str(cast.emergency.uuid),
        Method.GROUP: lambda: str(cast.chest.uuid),
        Method.PHYSICIAN: lambda: str(cast.ben.uuid),
        Method.CODE: lambda: "RIVERSIDE",
        Method.EMAIL: lambda: cast.ed.email,
    }
    return Target(method, values[method]())


def sharing(cast: Cast, study: Study, method: Method) -> Callable[[], str]:
    placement = placement_of(study, cast.ct)

    def press() -> str:
        report = share_studies(
            placements=[placement.uuid], targets=[target(cast, method)], by=acting(cast.ana)
        )
        return str(report.rows[0].outcome)

    return press


@pytest.mark.parametrize("method", Method)
def test_a_rule_that_is_saved_while_a_press_waits_for_the_study_refuses_it(
    cast: Cast, method: Method
) -> None:
    study = make_study(cast.ct)

    [answer] = queued(
        study_rows(study), [sharing(cast, study, method)], while_held=lambda: forbid(cast, method=method)
    )

    assert answer == "refused"
    assert not Share.objects.filter(study=study).exists()
    assert_lawful()


def test_a_rule_that_is_removed_while_a_press_waits_leaves_the_press_as_it_was_refused(cast: Cast) -> None:
    study, rule = make_study(cast.ct), forbid(cast, method=Method.EMAIL)

    [answer] = queued(
        study_rows(study),
        [sharing(cast, study, Method.EMAIL)],
        while_held=lambda: remove_share_rule(rule=rule, by=acting(cast.adam)),
    )

    assert answer == "refused"
    assert sharing(cast, study, Method.EMAIL)() == "shared"
    assert_lawful()


def test_a_longer_end_and_an_approval_that_wait_for_the_study_obey_a_rule_that_is_saved_meanwhile(
    cast: Cast,
) -> None:
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    studies = [make_study(cast.ct), make_study(cast.ct)]
    shares = []
    for study in studies:
        assert sharing(cast, study, Method.LOCATION)() == "awaiting_approval"
        shares.append(Share.objects.get(study=study))
    waiting, approved = shares
    decide_share(share=approved.uuid, by=acting(cast.adam), approve=True)

    answers = queued(
        study_rows(*studies),
        [
            lambda: decide_share(share=waiting.uuid, by=acting(cast.adam), approve=True),
            lambda: change_share(share=approved.uuid, by=acting(cast.ana), expires_at=None, note="longer"),
        ],
        while_held=lambda: forbid(cast, method=Method.LOCATION),
    )

    assert [type(answer) for answer in answers] == [ValidationError, PermissionDenied]
    assert Share.objects.get(pk=waiting.pk).approved_at is None
    assert_lawful()


def test_a_guest_link_that_waits_for_the_account_obeys_a_rule_that_is_saved_meanwhile(cast: Cast) -> None:
    """The rule and the link wait for the account's row one after the other, the rule first."""

    def link() -> GuestLink:
        return make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))

    saved, answer = queued(account_row(cast.northgate), [lambda: forbid(cast, method="guest_link"), link])

    assert isinstance(saved, ShareRule)
    assert isinstance(answer, PermissionDenied | ValidationError)
    assert not GuestLink.objects.exists()


def test_rules_added_and_removed_together_keep_their_order_without_gaps(cast: Cast) -> None:
    """Two rules with one place are not possible: the second is behind the first."""
    by = acting(cast.adam)
    for _time in range(TIMES):
        old = forbid(cast, method=Method.GROUP)

        answers = at_once(
            [
                lambda: forbid(cast, method=Method.CODE, position=1),
                lambda: forbid(cast, method=Method.EMAIL, position=1),
                lambda rule=old: remove_share_rule(rule=rule, by=by),
            ]
        )

        assert [type(answer) for answer in answers] == [ShareRule] * 3
        rules = ShareRule.objects.filter(account=cast.northgate).order_by("position")
        positions = list(rules.values_list("position", flat=True))
        assert positions == sorted(set(positions))
        assert not rules.filter(pk=old.pk).exists()
        for rule in rules:
            remove_share_rule(rule=rule, by=by)


def test_a_rule_and_a_press_at_once_end_in_one_of_the_two_orders(cast: Cast) -> None:
    for _time in range(TIMES):
        study = make_study(cast.ct)

        rule, outcome = at_once(
            [lambda: forbid(cast, method=Method.LOCATION), sharing(cast, study, Method.LOCATION)]
        )

        assert isinstance(rule, ShareRule)
        assert outcome in ("shared", "refused")
        assert Share.objects.filter(study=study).exists() == (outcome == "shared")
        assert sharing(cast, make_study(cast.ct), Method.LOCATION)() == "refused"
        assert_lawful()
        remove_share_rule(rule=rule, by=acting(cast.adam))

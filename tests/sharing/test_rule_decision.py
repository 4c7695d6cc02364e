"""What the rules of some accounts decide, without a database."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sharing.models import Method, ShareRule
from sharing.rules import Aim, Source, fits, forbidding, forbids_all

ACCOUNTS, WORKLISTS = st.sampled_from([1, 2]), st.sampled_from([11, 12, 13])
KINDS = st.sampled_from(["", *ShareRule.Kind.values])
DOMAINS = st.sampled_from(["hospital.example", "sub.hospital.example", "clinic.example"])


@st.composite
def rules(draw: Any, accounts: Any = ACCOUNTS) -> ShareRule:
    to = draw(st.sampled_from(ShareRule.To.values))
    from_worklist = draw(st.none() | WORKLISTS)
    return ShareRule(
        account_id=draw(accounts),
        allows=draw(st.booleans()),
        from_worklist_id=from_worklist,
        from_kind="" if from_worklist else draw(KINDS),
        method=draw(st.sampled_from(["", *ShareRule.Way.values])),
        to=to,
        to_kind=draw(KINDS) if to not in ("worklist", "domain") else "",
        to_worklist_id=draw(WORKLISTS) if to == "worklist" else None,
        to_account_id=draw(st.sampled_from([1, 2, 3])) if to == "account" else None,
        to_domain=draw(DOMAINS) if to == "domain" else "",
    )


SOURCES = st.builds(Source, WORKLISTS, st.sampled_from(ShareRule.Kind.values))
INSIDE = st.frozensets(ACCOUNTS)


@st.composite
def aims(draw: Any) -> Aim:
    way = draw(st.sampled_from(ShareRule.Way.values))
    account = draw(ACCOUNTS)
    if way in ("location", "group"):
        return Aim(way, way, draw(WORKLISTS), account, frozenset({account}))
    if way == "physician":
        return Aim(way, "personal", draw(st.just(99)), account, frozenset({account}))
    if way == "code":
        owner = draw(st.sampled_from([None, 1, 2, 3, 4]))
        if owner is None:
            return Aim(way, "personal", 99, None, draw(INSIDE))
        own = owner in (1, 2)
        return Aim(
            way, draw(st.sampled_from(["location", "group"])) if own else "", draw(WORKLISTS) if own else 98,
            owner, frozenset({owner}),
        )  # fmt: skip
    domain = draw(DOMAINS | st.just("elsewhere.example"))
    return Aim(way, inside=draw(INSIDE) if way == "email" else frozenset(), domain=domain)


@given(st.lists(rules(), max_size=5), SOURCES, aims())
def test_each_account_decides_by_its_first_rule_that_fits_and_one_that_forbids_is_enough(
    all_rules, source, aim
):
    firsts = []
    for account in (1, 2):
        fitting = [rule for rule in all_rules if rule.account_id == account and fits(rule, source, aim)]
        firsts += fitting[:1]

    assert (forbidding(all_rules, source, aim) is not None) == any(not rule.allows for rule in firsts)


@given(st.lists(rules(), max_size=4), SOURCES, aims())
def test_a_rule_that_no_share_meets_changes_nothing(all_rules, source, aim):
    beside = [rule for rule in all_rules if fits(rule, source, aim)]

    assert forbidding(all_rules, source, aim) is forbidding(beside, source, aim)


@given(st.lists(rules(), min_size=1, max_size=5), SOURCES, aims())
@settings(max_examples=300)
def test_a_way_that_is_not_offered_lets_no_recipient_through(all_rules, source, aim):
    account = aim.account if aim.way in ("location", "group", "physician") else None
    if forbids_all(all_rules, source, aim.way, account=account) is not None:
        assert forbidding(all_rules, source, aim) is not None


def test_without_a_rule_everything_is_allowed():
    aim = Aim("email", domain="elsewhere.example")

    assert forbidding([], Source(1, "location"), aim) is None
    assert forbids_all([], Source(1, "location"), "email", account=None) is None


@pytest.mark.parametrize(
    ("domain", "is_meant"),
    [
        ("hospital.example", True),
        ("ward.hospital.example", True),
        ("nothospital.example", False),
        ("hospital.example.net", False),
        ("", False),
    ],
)
def test_a_domain_means_itself_and_its_subdomains(domain, is_meant):
    rule = ShareRule(account_id=1, allows=False, to="domain", to_domain="hospital.example")

    assert fits(rule, Source(1, "location"), Aim("email", domain=domain)) is is_meant


def test_the_ways_are_those_of_a_share_and_the_guest_link():
    ways = ShareRule.Way
    assert [*Method.choices, (ways.GUEST_LINK.value, ways.GUEST_LINK.label)] == ways.choices

"""The accounts' rules about who may share with whom: the pure decision, every door, and the dialog."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actions import Action
from audit.history import sentence as told_as
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share, ShareRule
from sharing.rules import Aim, Source, fits, forbidding, forbids_all
from sharing.selectors.recent import recent_recipients
from sharing.selectors.rules import rules_of, ruling_for
from sharing.services import dialog, guest_link_reads
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import make_study, make_user, placement_of
from tests.fingerprint import fingerprint
from worklists.services import change_worklist

EMAIL = Target(Method.EMAIL, "dora@example.net")
RIVERSIDE = Target(Method.CODE, "RIVERSIDE", is_read_back=True)

# --- The decision

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


# --- The doors


def forbid(cast: Cast, **parts: Any) -> ShareRule:
    return services.add_share_rule(account=cast.northgate, allows=False, by=acting(cast.adam), **parts)


def allow(cast: Cast, **parts: Any) -> ShareRule:
    return services.add_share_rule(account=cast.northgate, allows=True, by=acting(cast.adam), **parts)


def press(cast: Cast, *targets: Target, by: Any = None, placement: Any = None) -> list[Any]:
    placements = [(placement or cast.placement).uuid]
    report = services.share_studies(placements=placements, targets=targets, by=acting(by or cast.ana))
    return report.rows


def location(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


@pytest.mark.django_db
def test_a_press_refuses_what_a_rule_forbids_says_its_reason_and_shares_the_rest(cast):
    forbid(cast, method="email", to="outside", reason="Use the referral portal")

    rows = press(cast, EMAIL, location(cast), Target(Method.EMAIL, cast.ben.email))

    outcomes = {row.target.value: (str(row.outcome), row.sentence) for row in rows}
    assert outcomes[EMAIL.value] == (
        "refused",
        "Northgate Hospital does not allow this share: Use the referral portal",
    )
    assert outcomes[str(cast.emergency.uuid)] == ("shared", "")
    assert outcomes[cast.ben.email] == ("shared", "")
    refused = AuditEvent.objects.get(action=Action.REFUSED)
    assert refused.detail["why"] == outcomes[EMAIL.value][1]


@pytest.mark.django_db
def test_the_first_rule_that_fits_decides(cast):
    allow(cast, method="email", to="domain", to_domain="Example.NET")
    forbid(cast, method="email", to="outside")

    kept, refused = press(cast, EMAIL, Target(Method.EMAIL, "dora@elsewhere.net"))

    assert (str(kept.outcome), str(refused.outcome)) == ("invited", "refused")


@pytest.mark.django_db
def test_a_rule_names_another_account_by_a_code_and_is_about_all_its_codes(cast):
    change_worklist(worklist=cast.orthopaedics, share_code="RIVORTHO", by=acting(cast.rita))
    forbid(cast, to="account", share_code="riverside", reason="No contract")
    own = Target(Method.CODE, "NORTHGATE", is_read_back=True)

    front, other, ours = press(cast, RIVERSIDE, Target(Method.CODE, "RIVORTHO", is_read_back=True), own)

    assert [str(row.outcome) for row in (front, other, ours)] == ["refused", "refused", "shared"]


@pytest.mark.django_db
def test_one_worklist_may_be_forbidden_to_share_and_another_may(cast):
    forbid(cast, from_worklist=cast.ct)
    study = make_study(cast.emergency)

    [refused] = press(cast, RIVERSIDE)
    [shared] = press(cast, RIVERSIDE, by=cast.ben, placement=placement_of(study, cast.emergency))

    assert (str(refused.outcome), str(shared.outcome)) == ("refused", "shared")


@pytest.mark.django_db
def test_a_personal_worklist_hears_every_account_of_its_owner_and_no_other(cast):
    press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), Target(Method.EMAIL, cast.ed.email))
    forbid(cast, method="email", to="outside")
    at = [placement_of(cast.study, person.personal_worklist) for person in (cast.ben, cast.ed)]

    [of_ben] = press(cast, EMAIL, by=cast.ben, placement=at[0])
    [of_ed] = press(cast, EMAIL, by=cast.ed, placement=at[1])

    assert (str(of_ben.outcome), str(of_ed.outcome)) == ("refused", "invited")


@pytest.mark.django_db
def test_the_rules_of_one_account_are_nothing_to_another(cast):
    forbid(cast)
    with pytest.raises(PermissionDenied):
        services.add_share_rule(account=cast.northgate, allows=True, by=acting(cast.rita))

    [row] = press(cast, EMAIL, by=cast.caro, placement=cast.other_placement)

    assert str(row.outcome) == "invited"
    assert ruling_for(cast.imaging).rules == []


@pytest.mark.django_db
def test_a_refused_email_is_not_looked_up(cast):
    """Deactivated, registered or unknown: the same sentence."""
    forbid(cast, method="email", to="outside")
    cast.ed.is_active = False
    cast.ed.save()

    rows = press(cast, EMAIL, Target(Method.EMAIL, cast.ed.email), Target(Method.EMAIL, cast.caro.email))

    assert len({row.sentence for row in rows}) == 1
    assert {str(row.outcome) for row in rows} == {"refused"}
    assert not Share.objects.exists()


@pytest.mark.django_db
def test_an_unknown_code_is_refused_as_unknown_and_not_by_a_rule(cast):
    forbid(cast, method="code", to="outside")

    unknown, known = press(cast, Target(Method.CODE, "NOSUCHCODE", is_read_back=True), RIVERSIDE)

    assert "No worklist has this share code" in unknown.sentence
    assert "Northgate Hospital does not allow" in known.sentence


@pytest.mark.django_db
def test_what_is_shared_already_stays_and_cannot_be_extended(cast):
    [row] = press(cast, EMAIL)
    forbid(cast, method="email", to="outside", reason="Use the referral portal")

    with pytest.raises(PermissionDenied, match="Use the referral portal"):
        services.change_share(share=row.share.uuid, by=acting(cast.ana), expires_at=None, note="again")

    assert Share.objects.get(pk=row.share.pk).ended_at is None


@pytest.mark.django_db
def test_a_share_that_waits_is_not_approved_against_a_rule_and_can_be_declined(cast):
    change_worklist(worklist=cast.imaging, needs_approval=True, by=acting(cast.rita))
    [row] = press(cast, RIVERSIDE)
    forbid(cast, method="code", reason="Use the referral portal")

    with pytest.raises(ValidationError) as refused:
        services.decide_share(share=row.share.uuid, by=acting(cast.rita), approve=True)
    services.decide_share(share=row.share.uuid, by=acting(cast.rita), approve=False)

    # The reason is for Northgate's own members.
    assert "portal" not in str(refused.value)
    assert Share.objects.get(pk=row.share.pk).end_reason == Share.EndReason.DECLINED


@pytest.mark.django_db
def test_a_promise_is_claimed_only_as_far_as_the_rules_allow_then(cast):
    [row] = press(cast, EMAIL)
    forbid(cast, method="email", to="outside")
    dora = make_user("Dora", email=EMAIL.value)

    assert services.claim_promises(by=acting(dora)) == 0

    share = Share.objects.get(pk=row.share.pk)
    assert share.end_reason == Share.EndReason.REFUSED
    assert share.to_worklist is None


@pytest.mark.django_db
def test_a_guest_link_obeys_rules_when_made_and_when_extended(cast):
    link = services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))
    allow(cast, method="guest_link", to="domain", to_domain="hospital.example")
    forbid(cast, method="guest_link", reason="Only to our hospital")

    def make(email: str) -> Any:
        return services.make_guest_link(
            placements=[cast.placement.uuid], by=acting(cast.ana), recipient_email=email
        )

    before = fingerprint()
    for refused in (
        lambda: make(""),
        lambda: make("dora@example.net"),
        lambda: services.extend_guest_link(link=link.uuid, expires_at=link.expires_at, by=acting(cast.ana)),
    ):
        with pytest.raises(ValidationError, match="Only to our hospital"):
            refused()
    assert fingerprint() == before
    assert make("dora@hospital.example").recipient_email == "dora@hospital.example"


# --- The dialog


@pytest.mark.django_db
def test_the_dialog_offers_no_way_that_lets_no_recipient_through(cast):
    for method in ("email", "group", "guest_link"):
        forbid(cast, method=method, reason="Not from here")
    forbid(cast, to="worklist", to_worklist=cast.emergency)

    offer = dialog.offer(placements=[cast.placement.uuid], by=acting(cast.ana))

    assert [method for method in Method if offer.may(method)] == ["location", "physician", "code"]
    assert offer.why_not(Method.EMAIL) == "Northgate Hospital does not allow this share: Not from here"
    assert offer.places(Method.LOCATION) == []
    with pytest.raises(ValidationError, match="Not from here"):
        guest_link_reads.offer_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))


@pytest.mark.django_db
def test_a_search_for_physicians_is_refused_with_the_rule(cast):
    forbid(cast, method="physician", reason="Groups only")

    with pytest.raises(PermissionDenied, match="Groups only"):
        dialog.directory(worklist=cast.ct.uuid, accounts=[], by=acting(cast.ana))


@pytest.mark.django_db
def test_a_recent_recipient_is_offered_again_only_where_the_rules_allow_it(cast):
    press(cast, EMAIL, location(cast), RIVERSIDE)
    forbid(cast, method="code")
    forbid(cast, to="worklist", to_worklist=cast.emergency)
    offered = {
        Method.LOCATION: frozenset({cast.northgate.pk}),
        Method.CODE: frozenset(),
        Method.EMAIL: frozenset(),
    }

    recents = recent_recipients(acting(cast.ana), cast.ct, offered, ruling_for(cast.ct))

    assert [recent.value for recent in recents.recipients] == [EMAIL.value]


PLACES = ("ct", "emergency", "cardiology", "chest")
PARTS = st.fixed_dictionaries(
    {
        "allows": st.sampled_from([False, False, True]),
        "source": st.sampled_from(["", "", "", "ct", "location", "personal"]),
        "method": st.sampled_from(["", "", *Method.values]),
        "to": st.sampled_from(["anyone", "inside", "outside", "emergency", "chest", "account", "domain"]),
        "to_kind": st.sampled_from(["", "", "", *ShareRule.Kind.values]),
    }
)


def as_rule(cast: Cast, parts: dict[str, Any]) -> None:
    to, source, given_parts = parts["to"], parts["source"], {}
    if to in PLACES:
        given_parts = {"to": "worklist", "to_worklist": getattr(cast, to)}
    elif to == "account":
        given_parts = {"to": "account", "share_code": "RIVERSIDE"}
    elif to == "domain":
        given_parts = {"to": "domain", "to_domain": "example.net"}
    else:
        given_parts = {"to": to}
    given_parts["from_worklist"] = cast.ct if source == "ct" else None
    given_parts["from_kind"] = "" if source == "ct" else source
    services.add_share_rule(
        account=cast.northgate, allows=parts["allows"], method=parts["method"], to_kind=parts["to_kind"],
        by=acting(cast.adam), **given_parts,
    )  # fmt: skip


def offered_by_the_dialog(cast: Cast, placement: Any, by: Any) -> dict[str, bool]:
    """Of every recipient of the world whether the dialog lets a person pick it."""
    offer = dialog.offer(placements=[placement.uuid], by=acting(by))
    picked = {
        str(place.uuid): True
        for method in (Method.LOCATION, Method.GROUP)
        if offer.may(method)
        for place in offer.places(method)
    }
    if offer.may(Method.PHYSICIAN):
        hits = dialog.find_people(
            find="example.org", accounts=offer.accounts(Method.PHYSICIAN), by=acting(by)
        )
        people = [] if hits is None else hits.people
        people += dialog.find_people(
            find="vera", accounts=offer.accounts(Method.PHYSICIAN), by=acting(by)
        ).people
        picked |= {str(person.uuid): True for person in people}
    if offer.may(Method.CODE):
        read = dialog.read_back(codes=["RIVERSIDE", "CHEST"], by=acting(by), ticked=offer.worklist)
        picked |= {code: not recipient.refusal for code, recipient in read.answers}
    if offer.may(Method.EMAIL):
        emails = [target.value for target in wanted_by(cast) if target.method == Method.EMAIL]
        checked = dialog.check_emails(emails=emails, by=acting(by), ruling=offer.ruling)
        picked |= {email: not refusal for email, refusal in checked}
    return {target.value: picked.get(target.value, False) for target in wanted_by(cast)}


def wanted_by(cast: Cast) -> list[Target]:
    return [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.GROUP, str(cast.cardiology.uuid)),
        Target(Method.PHYSICIAN, str(cast.vera.uuid), cast.northgate.uuid),
        RIVERSIDE,
        Target(Method.CODE, "CHEST", is_read_back=True),
        Target(Method.EMAIL, "dora@example.net"),
        Target(Method.EMAIL, "emil@elsewhere.net"),
        Target(Method.EMAIL, cast.adam.email),
        Target(Method.EMAIL, cast.caro.email),
    ]


@pytest.mark.django_db
def test_the_dialog_offers_exactly_what_the_service_accepts(cast):
    """For generated rules, from a location and from a personal worklist."""
    change_worklist(worklist=cast.chest, share_code="CHEST", by=acting(cast.adam))
    press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)))
    at_ben = placement_of(cast.study, cast.ben.personal_worklist)
    met = SimpleNamespace(refused=0, accepted=0)

    @given(st.lists(PARTS, min_size=1, max_size=3), st.sampled_from(["ana", "ben"]))
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    def offers_what_is_accepted(several: list[dict[str, Any]], name: str) -> None:
        by, placement = getattr(cast, name), {"ana": cast.placement, "ben": at_ben}[name]
        with transaction.atomic():
            for parts in several:
                as_rule(cast, parts)
            offered = offered_by_the_dialog(cast, placement, by)
            rows = press(cast, *wanted_by(cast), by=by, placement=placement)
            accepted = {row.target.value: str(row.outcome) != "refused" for row in rows}
            transaction.set_rollback(True)
        assert offered == accepted
        met.accepted += sum(accepted.values())
        met.refused += len(accepted) - sum(accepted.values())

    offers_what_is_accepted()

    assert met.refused > 20
    assert met.accepted > 20


# --- Editing rules


@pytest.mark.django_db
def test_rules_are_put_in_order_moved_and_removed_and_each_change_is_told(cast):
    first, second = forbid(cast, method="email"), allow(cast, method="code", position=1)

    services.change_share_rule(rule=first, allows=False, method="email", position=1, by=acting(cast.adam))
    assert [rule.pk for rule in rules_of(cast.northgate)] == [first.pk, second.pk]
    services.remove_share_rule(rule=first, by=acting(cast.adam))

    [left] = rules_of(cast.northgate)
    assert (left.pk, left.position) == (second.pk, 1)
    told = AuditEvent.objects.filter(action__startswith="account:rule:").order_by("pk")
    assert [event.action for event in told] == [
        Action.SHARE_RULE_ADD,
        Action.SHARE_RULE_ADD,
        Action.SHARE_RULE_CHANGE,
        Action.SHARE_RULE_REMOVE,
    ]
    assert "Forbid; from: Any worklist; by: Email; to: Anyone" in told_as(told[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"to": "account", "share_code": ""}, "share_code"),
        ({"to": "account", "share_code": "NOSUCHCODE"}, "share_code"),
        ({"to": "account", "share_code": "NORTHGATE"}, "share_code"),
        ({"to": "worklist"}, "to_worklist"),
        ({"to": "domain", "to_domain": "no domain"}, "to_domain"),
        ({"to": "domain", "to_domain": ""}, "to_domain"),
        ({"reason": "x" * 201}, "reason"),
        ({"method": "pigeon"}, "method"),
    ],
)
def test_a_rule_that_cannot_be_saved_is_refused_at_its_field(cast, parts, field):
    with pytest.raises(ValidationError) as refused:
        forbid(cast, **parts)

    assert list(refused.value.error_dict) == [field]
    assert not ShareRule.objects.exists()


@pytest.mark.django_db
def test_a_rule_names_no_worklist_of_another_account(cast):
    for name in ("from_worklist", "to_worklist"):
        with pytest.raises(ValidationError):
            forbid(cast, to="worklist" if name == "to_worklist" else "anyone", **{name: cast.imaging})


@pytest.mark.django_db
def test_the_database_keeps_what_a_rule_is(cast):
    wrong = [
        {"to": "worklist"},
        {"to": "account"},
        {"to": "domain"},
        {"from_worklist": cast.ct, "from_kind": "location"},
        {"to": "domain", "to_domain": "hospital.example", "to_kind": "group"},
    ]
    for parts in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ShareRule.objects.create(account=cast.northgate, position=1, allows=False, **parts)


@pytest.mark.django_db
def test_a_preview_says_which_shares_of_late_would_be_refused_and_saves_nothing(cast):
    press(cast, EMAIL, location(cast), RIVERSIDE)
    before = fingerprint()

    draft = services.preview_share_rule(
        account=cast.northgate, allows=False, to="outside", by=acting(cast.adam)
    )

    assert draft.effect.refused == {"Share Code": 1, "Email": 1}
    assert draft.effect.allowed == {}
    assert (draft.effect.read, draft.effect.is_cut) == (3, False)
    assert fingerprint() == before


@pytest.mark.parametrize(("code", "outcome"), [("RIVERSIDE", "success"), ("NOSUCHCODE", "failed")])
def test_a_code_that_is_typed_into_a_rule_is_recorded_as_looked_up(cast, code, outcome):
    with suppress(ValidationError):
        forbid(cast, to="account", share_code=code)

    event = AuditEvent.objects.get(action=Action.CODE_LOOK_UP)
    assert (event.by_id, event.account_id, event.outcome) == (cast.adam.pk, cast.northgate.pk, outcome)
    assert "NOSUCHCODE" not in str(vars(event))

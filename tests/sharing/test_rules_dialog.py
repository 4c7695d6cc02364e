"""The rules about who may share with whom in the share dialog: it offers what the service accepts."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing import services
from sharing.models import Method, ShareRule
from sharing.selectors.recent import recent_recipients
from sharing.selectors.rules import ruling_for
from sharing.services import dialog, guest_link_reads
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.sharing.ruled import EMAIL, RIVERSIDE, forbid, location, press
from worklists.services import change_worklist


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

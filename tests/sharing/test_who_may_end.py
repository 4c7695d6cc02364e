"""Who may end a share, remove a study and delete one: pages, previews and services ask the same functions."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from audit import clock as the_clock
from common.exceptions import NothingThere
from sharing import permissions, selectors, services
from sharing.models import Method, Share
from sharing.services import previews
from sharing.targets import Target
from studies.models import Placement
from studies.selectors import placements_visible_to
from tests.cast import acting
from tests.factories import placement_of

# People, and the shares of the chain they may end.
MAY_END = {
    "adam": {"to Emergency", "to Vera", "to Ed", "to Riverside"},  # every worklist of home's account
    "ana": {"to Emergency", "to Vera", "to Ed", "to Riverside"},  # home
    "ben": {"to Vera", "to Ed"},  # on Emergency, which two of them were made from
    "vera": set(),  # sees them at home, where she may not share
    "ed": {"to Riverside"},  # made it
    "caro": set(),  # received it
    "ina": set(),  # no longer active
    "sue": set(),  # a superuser
}


@pytest.fixture
def chain(cast: Any) -> dict[str, Share]:
    """CT Reporting → Emergency → Vera and (by email) Ed → Riverside."""
    made = {
        "to Emergency": share(cast.ana, cast.placement, Target(Method.LOCATION, str(cast.emergency.uuid)))
    }
    there = placement_of(cast.study, cast.emergency)
    made["to Vera"] = share(cast.ben, there, Target(Method.PHYSICIAN, str(cast.vera.uuid)))
    made["to Ed"] = share(cast.ben, there, Target(Method.EMAIL, cast.ed.email))
    with_ed = placement_of(cast.study, cast.ed.personal_worklist)
    made["to Riverside"] = share(cast.ed, with_ed, Target(Method.CODE, "RIVERSIDE"))
    return made


def share(by: Any, placement: Placement, target: Target) -> Share:
    [row] = services.share_studies(placements=[placement.uuid], targets=[target], by=acting(by)).rows
    assert row.share is not None
    return Share.objects.select_related("study").get(pk=row.share.pk)


def answers(does: Any, **named: Any) -> bool:
    """Whether it is done; whatever it did is undone."""
    try:
        with transaction.atomic():
            does(**named)
            transaction.set_rollback(True)
    except (PermissionDenied, NothingThere):
        return False
    return True


@pytest.mark.parametrize("name", MAY_END)
def test_the_rule_the_preview_and_the_service_agree(cast: Any, chain: dict[str, Share], name: str) -> None:
    person = getattr(cast, name)
    assert chain
    for made, one in chain.items():
        expected = made in MAY_END[name]
        assert permissions.can_end(acting(person), one) == ("" if expected else permissions.MAY_NOT_END)
        assert answers(previews.preview_end, shares=[one.uuid], by=acting(person)) is expected
        assert answers(services.end_shares, shares=[one.uuid], by=acting(person)) is expected


@pytest.mark.parametrize("name", ["ana", "ben", "ed"])
def test_the_list_of_ones_own_shares_offers_what_the_rule_allows(
    cast: Any, chain: dict[str, Share], name: str
) -> None:
    person = getattr(cast, name)
    lines = selectors.shares_made_by(acting(person)).lines

    assert lines
    assert all(line.may_end for line in lines)
    assert all(not permissions.can_end(acting(person), line.share) for line in lines)


@pytest.mark.parametrize("name", ["adam", "ana", "ben", "vera", "ed", "caro"])
def test_the_access_page_offers_what_the_rule_allows(cast: Any, chain: dict[str, Share], name: str) -> None:
    person = getattr(cast, name)
    offered = [
        grant
        for placement in placements_visible_to(acting(person)).filter(study=cast.study).with_names()
        for place in selectors.who_has_access(placement, acting(person), the_clock.now()).places
        for grant in place.grants
    ]

    assert offered
    for grant in offered:
        assert grant.may_end is not bool(permissions.can_end(acting(person), grant.share))


def test_a_removal_is_refused_in_the_same_words_by_preview_and_service(cast: Any) -> None:
    for does in (previews.preview_removal, services.remove_from_worklist):
        with pytest.raises(ValidationError, match=permissions.AT_HOME):
            does(placements=[cast.placement.uuid], by=acting(cast.ana))
        with pytest.raises(PermissionDenied, match="does not let you remove studies"):
            does(placements=[cast.placement.uuid], by=acting(cast.vera))


def test_a_deletion_is_refused_in_the_same_words_by_preview_and_service(
    cast: Any, chain: dict[str, Share]
) -> None:
    there = placement_of(cast.study, cast.emergency)

    with pytest.raises(PermissionDenied, match=permissions.NOT_AT_HOME):
        previews.preview_deletion(placement=there.uuid, by=acting(cast.ben))
    with pytest.raises(PermissionDenied, match=permissions.NOT_AT_HOME):
        services.delete_study(placement=there.uuid, by=acting(cast.ben), why="a mistake")

"""What the members of a worklist start with: every address × every person of the cast, and what the page does."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from audit.actions import Action
from audit.models import AuditEvent
from tests.administering import adam, text, there
from tests.administration.test_people_matrix import own
from tests.cast import Cast, acting
from tests.fingerprint import AUDIT, fingerprint
from tests.matrix import FOUND, OK, Row, asked_by_everyone, left_by_refusals, world
from worklists import services
from worklists.models import NoticeEvent, NoticePreset
from worklists.models.notices import OFFERED
from worklists.selectors import notice_times_of, presets_of

__all__ = ["adam", "world"]

pytestmark = pytest.mark.django_db


def of_ct(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.pk]


def all_daily(world: SimpleNamespace) -> dict[str, str]:
    return dict.fromkeys(OFFERED, "daily")


ROWS = [
    own("worklists_worklist_notices", "get", of_ct, OK),
    own("worklists_worklist_notices", "post", of_ct, FOUND, data=all_daily),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world: SimpleNamespace, row: Row) -> None:
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)


def test_members_who_have_not_chosen_are_notified_as_the_page_says(cast: Cast, adam: Client) -> None:
    services.choose_notices(worklist=cast.ct, times={"shared_here": "daily"}, by=acting(cast.vera))
    first = presets_of(cast.ct)

    saved = adam.post(
        there("notices", cast.ct.pk),
        {event: first[event] for event in OFFERED} | {"shared_here": "now"},
        follow=True,
    )

    assert "The notifications of CT Reporting were saved." in text(saved)
    assert notice_times_of(acting(cast.ana), cast.ct)["shared_here"] == "now"
    assert notice_times_of(acting(cast.vera), cast.ct)["shared_here"] == "daily"
    assert list(NoticePreset.objects.values_list("event", "time")) == [("shared_here", "now")]
    event = AuditEvent.objects.get(action=Action.NOTICE_PRESET)
    assert event.detail["was"] == {"times": {"shared_here": "off"}}
    assert event.detail["now"] == {"times": {"shared_here": "now"}}
    assert "which notifications new members of CT Reporting" in text(adam.get(there("history", cast.ct.pk)))


def test_the_same_presets_twice_are_recorded_once(cast: Cast) -> None:
    assert services.set_notice_presets(worklist=cast.ct, times={"opened": "now"}, by=acting(cast.adam))
    before = fingerprint()

    assert not services.set_notice_presets(worklist=cast.ct, times={"opened": "now"}, by=acting(cast.adam))

    assert fingerprint() == before


def test_what_the_form_leaves_out_is_refused_at_its_field(cast: Cast, adam: Client) -> None:
    before = fingerprint()

    page = adam.post(there("notices", cast.ct.pk), {"shared_here": "never"})

    assert page.status_code == 422
    assert "Choose: at once, once a day, or not." in text(page)
    assert fingerprint() == before


@pytest.mark.parametrize("times", [{}, {"shared_here": "never"}, {"nothing": "now"}])
def test_an_unknown_event_or_time_is_refused(cast: Cast, times: dict[str, str]) -> None:
    before = fingerprint()

    with pytest.raises(ValidationError, match="at once, once a day, or not"):
        services.set_notice_presets(worklist=cast.ct, times=times, by=acting(cast.adam))

    assert fingerprint() == before


def test_a_member_who_does_not_administer_sets_none_and_a_personal_worklist_has_none(cast: Cast) -> None:
    times = {NoticeEvent.SHARED_HERE: "now"}
    before = fingerprint()

    with pytest.raises(PermissionDenied):
        services.set_notice_presets(worklist=cast.ct, times=times, by=acting(cast.ana))
    with pytest.raises(PermissionDenied):
        services.set_notice_presets(worklist=cast.ana.personal_worklist, times=times, by=acting(cast.ana))
    with pytest.raises(ValidationError, match="personal"):
        services.set_notice_presets(worklist=cast.ana.personal_worklist, times=times, by=acting(cast.sue))

    assert fingerprint(but={AUDIT}).items() <= before.items()

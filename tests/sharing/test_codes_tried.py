"""Share codes tried by the button: they count as look-ups do, however they are spread over presses."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tally
from accounts.services import limits
from audit.actions import Action
from audit.models import AuditEvent, RefusalBurst
from sharing.forms import sealed
from sharing.models import Method, Share
from sharing.permissions import SENTENCES
from sharing.services import Outcome, ShareReport, dialog, share_studies
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.matrix import undone
from tests.overlap import at_once
from tests.races.scene import new_study

pytestmark = pytest.mark.django_db

LIMIT = limits.CODES.person


def press(cast: Cast, *codes: str, is_read_back: bool = False, by: Any = None) -> ShareReport:
    return share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.CODE, code, is_read_back=is_read_back) for code in codes],
        by=acting(by or cast.ana),
    )


def unknown(number: int, *, beginning: int = 0) -> list[str]:
    return [f"WRONG{beginning + at:04}" for at in range(number)]


def refused(report: ShareReport) -> int:
    return report.count(Outcome.REFUSED)


def test_past_the_limit_a_press_learns_nothing_of_a_code(cast: Cast) -> None:
    assert refused(press(cast, *unknown(LIMIT))) == LIMIT

    for code in ("RIVERSIDE", "WRONG9999"):
        with pytest.raises(ValidationError) as refusal:
            press(cast, code)
        assert refusal.value.messages == [limits.TOO_MANY_CODES_TRIED]
    assert not Share.objects.exists()


def test_look_ups_and_presses_share_the_limit(cast: Cast) -> None:
    press(cast, *unknown(LIMIT - 1))

    read = dialog.read_back(codes=["RIVERSIDE", "NGCT2026"], by=acting(cast.ana), ticked=cast.ct)

    assert [code for code, _ in read.answers] == ["RIVERSIDE"]
    assert read.not_asked == ["NGCT2026"]


def test_known_codes_count_nothing(cast: Cast) -> None:
    for _ in range(LIMIT + 5):
        press(cast, "RIVERSIDE")

    assert {tally.count for tally in Tally.objects.all()} == {0}


def test_a_code_that_was_read_back_is_shared_past_the_limit(cast: Cast) -> None:
    press(cast, *unknown(LIMIT))

    report = press(cast, "RIVERSIDE", is_read_back=True)

    assert report.count(Outcome.SHARED) == 1


def test_tries_past_the_limit_are_a_burst_in_the_trail(cast: Cast) -> None:
    press(cast, *unknown(LIMIT))

    for code in unknown(200):
        with pytest.raises(ValidationError):
            press(cast, code)
    dialog.read_back(codes=["RIVERSIDE"], by=acting(cast.ana), ticked=cast.ct)

    [event] = AuditEvent.objects.filter(action=Action.DENIED)
    assert (event.by_id, event.worklist_id, event.role_label) == (cast.ana.pk, cast.ct.pk, "Radiologist")
    assert RefusalBurst.objects.get().count == 201


def test_by_the_page_as_by_the_service(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    url, ticked = reverse("sharing:share_studies"), str(cast.placement.uuid)
    for number in range(LIMIT):
        client.post(url, {"placement": ticked, "code": f"WRONG{number}"})

    answer = client.post(url, {"placement": ticked, "code": "RIVERSIDE"})

    assert answer.status_code == 422
    assert limits.TOO_MANY_CODES_TRIED in answer.content.decode()
    assert "Riverside Imaging" not in answer.content.decode()
    assert not Share.objects.exists()


def test_a_seal_of_our_own_is_needed_to_be_read_back(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    press(cast, *unknown(LIMIT))
    url, ticked = reverse("sharing:share_studies"), str(cast.placement.uuid)
    genuine = sealed("RIVERSIDE", "Riverside Clinic — Riverside Imaging")
    for forged in (genuine[:-1], f"{genuine[:5]}A{genuine[6:]}", genuine.swapcase()):
        assert client.post(url, {"placement": ticked, "code": forged}).status_code == 422

    assert client.post(url, {"placement": ticked, "code": genuine}).status_code == 200
    assert Share.objects.count() == 1


def test_without_the_right_a_code_is_not_resolved(cast: Cast) -> None:
    report = press(cast, "RIVERSIDE", "WRONG1", by=cast.lois)

    assert [(row.label, row.sentence) for row in report.rows] == [
        ("RIVERSIDE", SENTENCES[Method.CODE]),
        ("WRONG1", SENTENCES[Method.CODE]),
    ]


@given(presses=st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_tries_are_spread_no_more_is_learned_than_the_limit_allows(
    cast: Cast, presses: list[tuple[int, bool]]
) -> None:
    assert presses
    with undone():
        learned = spent = 0
        for at, (number, with_known) in enumerate(presses):
            codes = unknown(min(number, 19 if with_known else 20), beginning=100 * at)
            codes += ["RIVERSIDE"] if with_known else []
            if not codes:
                continue
            fits = spent + len(codes) <= LIMIT
            try:
                learned += refused(press(cast, *codes))
                assert fits
            except ValidationError:
                assert not fits
            else:
                spent += len(codes) - with_known

        assert learned == spent <= LIMIT


@pytest.mark.django_db(transaction=True)
def test_presses_at_the_same_time_share_the_limit(cast: Cast) -> None:
    placements = [placement_of(new_study(cast), cast.ct).uuid for _ in range(16)]

    def tries(number: int) -> ShareReport:
        return share_studies(
            placements=[placements[number]],
            targets=[Target(Method.CODE, code) for code in unknown(7, beginning=100 * number)],
            by=acting(cast.ana),
        )

    answers = at_once([lambda number=number: tries(number) for number in range(16)])

    reports = [answer for answer in answers if isinstance(answer, ShareReport)]
    assert len(reports) == LIMIT // 7
    assert {answer.messages[0] for answer in answers if answer not in reports} == {
        limits.TOO_MANY_CODES_TRIED
    }

"""Share codes in the administration: made, changed after a warning, removed, and printed on a card."""

import re
from datetime import timedelta
from typing import Any

import pytest
import qrcode
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing import services as sharing
from sharing.models import Method, Share
from sharing.targets import Target
from tests.administering import adam, fresh, text, there
from tests.cast import Cast, acting
from tests.fingerprint import fingerprint
from worklists import code_card
from worklists.models import Worklist

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


def test_a_first_code_is_made_without_a_warning(cast: Cast, adam: Client) -> None:
    adam.post(there("code", cast.chest.pk), {"change": "make", "code": ""})

    code = fresh(cast.chest).share_code
    assert re.fullmatch("[A-Z0-9]{8}", code)
    event = AuditEvent.objects.filter(action=Action.CODE_CHANGE, by_id=cast.adam.pk).get()
    assert (event.worklist_id, event.detail) == (
        cast.chest.pk, {"code": code, "was_code": "", "front_door": False},
    )  # fmt: skip


def test_a_code_in_use_is_changed_only_after_the_warning(cast: Cast, adam: Client) -> None:
    """The warning names what stops working and how much came by it; another change meanwhile brings it again."""
    sharing.share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.CODE, "NGCT2026")],
        by=acting(cast.caro),
    )
    posted = {"change": "type", "code": " ngct 2027 "}
    before = fingerprint()

    warning = text(adam.post(there("code", cast.ct.pk), posted))
    stale = adam.post(there("code", cast.ct.pk), {**posted, "confirmed": "NGCT2025"})

    assert "NGCT 2026 stops working at once" in warning
    assert "It was used for 1 share in the last 90 days." in warning
    assert "NGCT 2026 stops working at once" in text(stale)
    assert fingerprint() == before
    adam.post(there("code", cast.ct.pk), {**posted, "confirmed": "NGCT2026"})
    assert fresh(cast.ct).share_code == "NGCT2027"
    event = AuditEvent.objects.filter(action=Action.CODE_CHANGE, by_id=cast.adam.pk).get()
    assert event.detail == {"code": "NGCT2027", "was_code": "NGCT2026", "front_door": False}


def test_shares_by_code_are_counted_for_ninety_days(cast: Cast, adam: Client) -> None:
    sharing.share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.CODE, "NGCT2026")],
        by=acting(cast.caro),
    )
    sharing.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )
    assert "It was used for 1 share" in text(adam.get(there("code", cast.ct.pk)))
    assert "It has not been used" in text(adam.get(there("code", cast.emergency.pk)))
    Share.objects.update(shared_at=Now() - timedelta(days=91))

    assert "It has not been used in the last 90 days." in text(adam.get(there("code", cast.ct.pk)))


@pytest.mark.parametrize("code", ["riverside", "north gate", "{personal}"])
def test_a_taken_code_is_refused_without_telling_whose(cast: Cast, adam: Client, code: str) -> None:
    Worklist.objects.filter(owner=cast.ed).update(share_code="EDSCODE1")
    before = fingerprint()

    answer = adam.post(
        there("code", cast.chest.pk), {"change": "type", "code": code.format(personal="EDSCODE1")}
    )

    assert answer.status_code == 422
    assert "This share code is taken. Choose another." in text(answer)
    assert not re.search(r"Riverside (Clinic|Imaging)|Emergency|\bEd\b", text(answer))
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "This field is required."),
        ({"change": "type", "code": ""}, "A share code has 4 to 32 letters and digits."),
        ({"change": "type", "code": "☢☢☢☢"}, "A share code has 4 to 32 letters and digits."),
        ({"change": "type", "code": "ngct2026"}, "This is already its share code."),
        ({"change": "steal", "code": ""}, "not one of the available choices"),
    ],
)
def test_a_code_that_cannot_be_is_said_at_the_form(
    cast: Cast, adam: Client, posted: dict[str, str], said: str
) -> None:
    answer = adam.post(there("code", cast.ct.pk), posted)

    assert (answer.status_code, said in text(answer)) == (422, True)
    assert fresh(cast.ct).share_code == "NGCT2026"


def test_a_code_is_removed_but_not_the_front_doors(cast: Cast, adam: Client) -> None:
    answer = adam.post(there("code", cast.emergency.pk), {"change": "remove", "confirmed": "NORTHGATE"})
    assert answer.status_code == 422
    assert fresh(cast.emergency).share_code == "NORTHGATE"

    assert "will have no share code" in text(adam.post(there("code", cast.ct.pk), {"change": "remove"}))
    adam.post(there("code", cast.ct.pk), {"change": "remove", "confirmed": "NGCT2026"})

    assert fresh(cast.ct).share_code is None


def test_a_card_shows_names_code_and_how_to_use_it(cast: Cast, adam: Client, settings: Any) -> None:
    answer = adam.get(there("card", cast.ct.pk))

    page = text(answer)
    assert "Northgate Hospital CT Reporting Share code" in page
    assert "In CIMAR choose Actions → Share → Share Code and type NGCT 2026." in page
    url = f"{settings.CIMAR_BASE_URL}{reverse('sharing:with_code', args=['NGCT2026'])}"
    assert code_card.qr(url).path in answer.content.decode()
    assert " style=" not in answer.content.decode()


def test_a_worklist_without_a_code_has_no_card_yet(cast: Cast, adam: Client) -> None:
    answer = adam.get(there("card", cast.chest.pk))

    assert "No share code yet" in text(answer)
    assert b"<path class" not in answer.content


@pytest.mark.parametrize("code", ["NGCT2026", "A" * 32, "0000"])
def test_the_drawn_square_is_the_codes_own(code: str) -> None:
    """Bar by bar back into squares: what `qrcode` makes of the code alone, its quiet border included."""
    drawn = code_card.qr(code)
    squares = [[False] * drawn.size for _ in range(drawn.size)]
    for x, y, long in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn.path):
        squares[int(y)][int(x) : int(x) + int(long)] = [True] * int(long)

    expected = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    expected.add_data(code)

    assert squares == expected.get_matrix()
    assert not any(squares[3]) and any(squares[4])

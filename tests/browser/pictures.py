"""The pictures of the documentation: of the demo, held against the kept ones, with CIMAR_PICTURES=1 made anew."""

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from accounts.models import Account, User
from audit.actor import OPERATOR
from cimar.installation import CHECKOUT
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import Placement
from tests.browser.steps import WIDE, Person
from tests.cast import acting
from tests.plumbing.database import Clock
from worklists.models import Worklist
from worklists.services import add_worklist, add_worklist_member

Picture = Callable[..., None]

PICTURES = CHECKOUT / "docs" / "images"

ANA, TOBIAS = "ana.moreau@northgate.example", "tobias.achterberg@northgate.example"
ADAEZE = "adaeze.lindqvist@northgate.example"
BOARD = "Grand Round"
MOST_BYTES = 300_000
HIGH = 900
# Shared to the board: from where, by whom, by code from another hospital, or with an end date.
SHARED = {
    "CT Reporting": ANA,
    "General X-ray": "priya.venkataraman@northgate.example",
    "Echo Lab": "siobhan.gallagher@northgate.example",
    "MRI": "yusuf.demirci@northgate.example",
    "Stroke Unit": "lars.nystrom@southmere.example",
    "Nuclear Medicine": "chidi.obi@southmere.example",
    "Riverside Imaging": "caroline.fenwick@riverside.example",
}
# Of 255 grey levels, on average over the pictures made small: dates move on, pages may not.
MOST_DIFFERENT = 6.0


def assert_the_documentation_shows(name: str, taken: Image.Image) -> None:
    """The picture the documentation holds is of this page as it looks now; else make them anew."""
    with Image.open(PICTURES / f"{name}.png") as kept:
        small = [np.asarray(one.convert("L").resize((80, 60)), dtype=float) for one in (kept, taken)]
    assert (name, np.abs(small[0] - small[1]).mean() < MOST_DIFFERENT) == (name, True)


def picture_path(name: str, screenshots: Path) -> Path:
    """Where a picture for the documentation goes: there when it is to be made anew, else beside the others."""
    return (PICTURES if os.environ.get("CIMAR_PICTURES") == "1" else screenshots) / f"{name}.png"


@pytest.fixture
def camera(screenshots: Path) -> Callable[[Person], Picture]:
    """`picture = camera(ana)`; then `picture("studies")` wherever the documentation shows what she sees.

    With a `height`, the window is so high for this picture.
    """

    def aimed(person: Person) -> Picture:
        def picture(name: str, *, height: int = HIGH, **more: object) -> None:
            person.page.set_viewport_size({"width": WIDE, "height": height})
            person.page.mouse.move(0, 0)
            path = picture_path(name, screenshots)
            person.photograph(path, **more)
            with Image.open(path) as taken:
                taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
                assert_the_documentation_shows(name, taken)
            assert (name, path.stat().st_size <= MOST_BYTES) == (name, True)
            person.page.set_viewport_size({"width": WIDE, "height": HIGH})

        return picture

    return aimed


@pytest.fixture
def demo(transactional_db: None, clock: Clock) -> Worklist:
    """The demo, and a group in which the cases of all departments meet, sent there over two days."""
    clock.move(days=-2)
    call_command("load_demo", stdout=StringIO())
    northgate = Account.objects.get(name="Northgate Hospital")
    board = add_worklist(account=northgate, kind="group", name=BOARD, share_code="NGROUND", by=OPERATOR)
    for email in (ANA, TOBIAS):
        add_worklist_member(worklist=board, user=User.objects.get(email=email), role=None, by=OPERATOR)
    for place, email in SHARED.items():
        clock.move(hours=6, minutes=25)
        by = User.objects.get(email=email)
        placements = Placement.objects.filter(worklist__name=place, is_home=True)
        within = Worklist.objects.filter(name=place, account=northgate).exists()
        target = Target(Method.GROUP, str(board.uuid)) if within else Target(Method.CODE, "NGROUND")
        report = share_studies(
            placements=list(placements.values_list("uuid", flat=True)), targets=[target], by=acting(by)
        )
        assert {row.sentence for row in report.rows} == {""}
        # A column's default is beyond the reach of the tests' clock.
        board.placements.filter(study__home__name=place).update(arrived_at=clock.now())
    clock.reset()
    return board

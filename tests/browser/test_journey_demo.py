"""The demo as a radiologist sees it. With CIMAR_PICTURES=1 it makes the pictures of the documentation anew."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from accounts.models import Account, User
from cimar.demo.people import PASSWORD
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import Placement
from tests.browser.steps import LOOKS, PICTURES, Person, picture_path
from tests.plumbing.database import Clock
from worklists.models import Worklist
from worklists.services import add_worklist, add_worklist_member

ANA, TOBIAS = "ana.moreau@northgate.example", "tobias.achterberg@northgate.example"
BOARD = "Grand Round"
MOST_BYTES = 300_000
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


@pytest.fixture
def demo(transactional_db: None, clock: Clock) -> Worklist:
    """The demo, and a group in which the cases of all departments meet, sent there over two days."""
    clock.move(days=-2)
    call_command("load_demo", stdout=StringIO())
    northgate = Account.objects.get(name="Northgate Hospital")
    board = add_worklist(account=northgate, kind="group", name=BOARD, share_code="NGROUND", by=None)
    for address in (ANA, TOBIAS):
        add_worklist_member(worklist=board, user=User.objects.get(email=address), role=None, by=None)
    for place, address in SHARED.items():
        clock.move(hours=6, minutes=25)
        by = User.objects.get(email=address)
        placements = Placement.objects.filter(worklist__name=place, is_home=True)
        within = Worklist.objects.filter(name=place, account=northgate).exists()
        target = Target(Method.GROUP, str(board.uuid)) if within else Target(Method.CODE, "NGROUND")
        report = share_studies(
            placements=list(placements.values_list("uuid", flat=True)), targets=[target], by=by
        )
        assert {row.sentence for row in report.rows} == {""}
        # A column's default is beyond the reach of the tests' clock.
        board.placements.filter(study__home__name=place).update(arrived_at=clock.now())
    clock.reset()
    return board


def test_the_demo_through_a_radiologists_eyes(
    demo: Worklist, come: Callable[..., Person], screenshots: Path
) -> None:
    ana = come()
    ana.sign_in(ANA, PASSWORD)
    pictures = []

    def picture(name: str, **more: bool) -> None:
        ana.page.mouse.move(0, 0)
        path = picture_path(name, screenshots)
        ana.photograph(path, **more)
        with Image.open(path) as taken:
            taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
            assert_the_documentation_shows(name, taken)
        pictures.append(path)

    # The list: many studies, and how each came here.
    ana.open_worklist(BOARD)
    expect(ana.page.get_by_role("checkbox", name="Select ")).to_have_count(16)
    ana.look("demo-studies")
    ana.tick("Brightwater", "Winterbourne")
    picture("studies", full_page=True)

    # Two studies of one worklist, the recipients of every method beside them.
    ana.open_worklist("MRI")
    dialog = ana.share("Brightwater", "Winterbourne")
    dialog.get_by_label("Emergency Department").check()
    dialog.get_by_label("Neuro MDT").check()
    dialog.get_by_label("Find a physician by name").press_sequentially("lei")
    dialog.get_by_role("button", name="Add Leila Farouk").click()
    expect(dialog.get_by_label("Find a physician by name")).to_be_focused()
    dialog.get_by_label("Type a share code").fill("southmere")
    dialog.get_by_role("button", name="Read back").click()
    expect(dialog.get_by_text("Southmere Infirmary — Radiology")).to_be_visible()
    expect(dialog.get_by_label("Type a share code")).to_be_focused()
    dialog.get_by_label("Type an email address").fill("a.brandt@hillsidepractice.example")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("Outside your organisation")).to_be_visible()
    expect(dialog.get_by_label("Type an email address")).to_be_focused()
    ana.look("demo-share-dialog")
    picture("share-dialog")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    picture("report")
    dialog.get_by_role("link", name="Done").click()

    # Who was invited, and what goes with a share before it is ended.
    ana.page.get_by_role("link", name="Shared by me").click()
    ana.page.get_by_role("link", name="Invitations").click()
    expect(ana.page.get_by_role("row").filter(has_text="hillsidepractice")).to_be_visible()
    picture("invitations")

    # A study, and who can see it and why.
    ana.open_worklist("CT Reporting")
    ana.open_study("Ravensworth, Maeve", "CT Head without contrast")
    ana.sees_an_image()
    ana.look("demo-study")
    picture("study")
    ana.page.get_by_role("link", name="Access").click()
    expect(ana.page.get_by_role("heading", name="Who can see this study")).to_be_visible()
    ana.look("demo-access")
    picture("access")
    ana.page.get_by_role("link", name=re.compile("^End the share with")).first.click()
    expect(ana.dialog.get_by_role("heading", name="End the share")).to_be_focused()
    picture("end-share")
    assert [path.name for path in pictures if path.stat().st_size > MOST_BYTES] == []


def test_the_pages_around_the_demo_are_in_order(demo: Worklist, come: Callable[..., Person]) -> None:
    ana = come(User.objects.get(email=ANA))
    for name in ("sharing:shared_by_me", "sharing:invitations", "studies:worklists", "accounts:profile"):
        ana.go(reverse(name))
        expect(ana.page.get_by_role("heading", level=1)).to_be_visible()
        ana.look(f"demo-{name.partition(':')[2]}", LOOKS[1:3])
    # Where an external copy was shared on: outside, what came from where is not told.
    felix = come(User.objects.get(email="felix.arnaud@harbourview.example"))
    felix.go(reverse("studies:list"))
    felix.open_study("Nightingale-Roy, Kiran")
    felix.sees_an_image()
    felix.look("demo-external", LOOKS[1:3])

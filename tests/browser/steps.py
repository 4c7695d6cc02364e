"""How a journey is told: people, each in a browser of their own, what they do, and a watch over all they see."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect
from pydicom.data import get_testdata_file

from accounts.models import User
from accounts.sent_mail import SentMail, sent_mails
from accounts.services.outbox import deliver_waiting
from studies import services
from studies.ingest.sources import Source
from studies.models import Placement, Study
from tests.browser.axe import violations
from tests.cast import Cast, acting, make_cast
from tests.copied import begin_with
from tests.factories import PASSWORD, join, make_user, placement_of
from tests.plumbing.database import Clock
from worklists.models import Worklist

expect.set_options(timeout=15_000)

# Real scans: one slice of CT, 30 frames of colour ultrasound.
CT_SCAN, US_SCAN = "CT_small.dcm", "examples_ybr_color.dcm"
CT_PATIENT, US_PATIENT = "CompressedSamples, CT1", "PLA"

WIDE, NARROW = 1280, 390
LOOKS = [("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROW)]

# Chromium reports a violation by itself; this hears those of workers and frames as well.
HEAR_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""
SEEN = "image => image.decode().then(() => image.naturalWidth)"
FOCUSED = "element => element === document.activeElement"


@dataclass
class Hospital:
    """The cast, with two real scans on CT Reporting and a physician and a group member to share them with."""

    cast: Cast
    gwen: User  # on Cardiology MDT
    phoebe: User  # of Northgate, on no worklist but her own
    ct: Study
    us: Study

    def placement(self, study: Study, worklist: Worklist | None = None) -> Placement:
        return placement_of(study, worklist or self.cast.ct)


@pytest.fixture
def hospital(transactional_db: None, request: pytest.FixtureRequest) -> Hospital:
    return begin_with("hospital", make_hospital, request)


def make_hospital() -> Hospital:
    cast = make_cast()
    gwen, phoebe = make_user("Gwen Hart"), make_user("Phoebe Lund")
    join(gwen, cast.northgate, "Referring clinician", [cast.cardiology])
    join(phoebe, cast.northgate, "Referring clinician")
    for scan in (CT_SCAN, US_SCAN):
        path = Path(get_testdata_file(scan, download=False))
        services.take_in_all(
            worklist=cast.ct, by=acting(cast.ana), sources=[Source(scan, lambda path=path: path.open("rb"))]
        )
    services.render_waiting()
    taken_in = Study.objects.filter(home=cast.ct).exclude(pk=cast.study.pk)
    return Hospital(
        cast, gwen, phoebe, ct=taken_in.get(modalities=["CT"]), us=taken_in.get(modalities=["US"])
    )


def let_in(context: BrowserContext, user: User, site: str) -> None:
    """Signed in without the page for it."""
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def signed_in(context: BrowserContext, live_server: Any, user: User, complaints: list[str]) -> Page:
    """A page of somebody's, and what the browser complains about on it."""
    let_in(context, user, live_server.url)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def look_over(page: Page, looks: list[tuple[str, int]], picture: str, *, full_page: bool = False) -> None:
    """Outside a journey, in each look: a picture (`{}` and `{}` are theme and width), axe and sideways scrolling."""
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=picture.format(scheme, width), full_page=full_page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1440, "height": 900})


def send_password(page: Page, address: str, password: str = PASSWORD) -> None:
    """On the page for it; whatever comes next."""
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


class Mail:
    """The mails that were sent; a look at them lets what waits go out first, as a worker would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def to(self, address: str) -> list[SentMail]:
        """The latest first."""
        deliver_waiting()
        return [mail for mail in sent_mails(self.folder) if mail.to == address]


@pytest.fixture
def mail(settings: Any, tmp_path: Path, live_server: Any) -> Mail:
    folder = tmp_path / "mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.CIMAR_MAIL_FOLDER = str(folder)
    settings.CIMAR_DEVELOPMENT = True
    settings.CIMAR_BASE_URL = live_server.url
    return Mail(folder)


@dataclass
class Person:
    """Somebody at a browser. The watch: whatever it complains about must be `meant`."""

    page: Page
    site: str
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    # What they do

    def go(self, to: str) -> None:
        self.page.goto(to if to.startswith("http") else f"{self.site}{to}")

    def sign_in(self, address: str, password: str = PASSWORD) -> None:
        """On the page for it, which the way to the studies leads to."""
        self.go(reverse("studies:list"))
        self.type_who_they_are(self.page, address, password)

    def type_who_they_are(self, page: Page, address: str, password: str = PASSWORD) -> None:
        expect(page.get_by_role("heading", name="Sign in to CIMAR")).to_be_visible()
        send_password(page, address, password)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def waits(self) -> None:
        """Wait until the page has loaded everything that the page requests by itself.

        A journey that ends a session, or moves the clock past the end of a session, waits first: the server refuses
        requests that come later.
        """
        self.page.wait_for_load_state("networkidle")

    def open_worklist(self, name: str) -> None:
        """From the page of all worklists, by its name."""
        self.go(reverse("studies:worklists"))
        self.page.get_by_role("main").get_by_role("link", name=name).click()
        expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()

    def row(self, patient: str, study: str = "") -> Locator:
        rows = self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=patient))
        return rows.filter(has_text=study)

    def tick(self, *patients: str) -> None:
        for patient in patients:
            self.page.get_by_role("checkbox", name=f"Select {patient}").check()

    def choose(self, deed: str) -> None:
        """From the Actions menu."""
        self.page.locator("summary", has_text="Actions").click()
        self.page.get_by_role("button", name=deed, exact=True).click()

    def share(self, *patients: str) -> Locator:
        """Tick and choose Share; the dialog."""
        self.tick(*patients)
        self.choose("Share")
        expect(self.page.get_by_role("heading", name=re.compile("^Share .* stud"))).to_be_focused()
        return self.dialog

    def add_address(self, address: str) -> None:
        """To those the open dialog shares with."""
        self.dialog.get_by_label("Type an email address").fill(address)
        self.dialog.get_by_role("button", name="Add", exact=True).click()
        expect(self.dialog.get_by_role("button", name=f"Remove {address}")).to_be_visible()

    @property
    def path(self) -> str:
        """Where they are."""
        return urlsplit(self.page.url).path

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog").filter(has=self.page.locator("#dialog-body"))

    def report_on(self, recipient: str) -> Locator:
        """What the report says of one of those that were picked."""
        return self.dialog.get_by_role("heading", name=recipient).locator("xpath=..")

    def open_study(self, patient: str, study: str = "") -> None:
        self.row(patient, study).get_by_role("link", name=patient).click()
        banner = self.page.get_by_role("region", name="Patient and study")
        expect(banner.get_by_text(patient)).to_be_visible()

    def tab_to(self, wanted: Locator, *, back: bool = False) -> None:
        """By the Tab key alone, as somebody without a mouse."""
        for _ in range(80):
            if wanted.evaluate(FOCUSED):
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"The Tab key does not reach {wanted}.")

    # What they see

    def sees_an_image(self) -> None:
        image = self.page.get_by_role("region", name="Image", exact=True).get_by_role("img")
        assert image.evaluate(SEEN) > 0

    def sees_the_images_of(self, *patients: str) -> None:
        """Each study is on the list, opens, and shows a picture."""
        for patient in patients:
            self.open_study(patient)
            self.sees_an_image()
            self.page.go_back()
            expect(self.page.get_by_role("link", name=patient).first).to_be_visible()

    def sees_nothing_there(self, page: Page | None = None) -> None:
        expect((page or self.page).get_by_role("heading", name="Page not found")).to_be_visible()

    def meant(self, *expected: str, perhaps: Collection[str] = ()) -> None:
        """These complaints, and no others, belong to the story: `404 /a/`, and `htmx 404 /a/` for a part of a page."""

        def heard() -> Counter[str]:
            return Counter(complaint for complaint in self.complaints if complaint not in perhaps)

        # The browser may report a moment after what it reports can be seen.
        for _ in range(50):
            if heard() == Counter(expected):
                break
            self.page.wait_for_timeout(100)
        assert heard() == Counter(expected)
        self.complaints.clear()

    def look(self, name: str, looks: list[tuple[str, int]] | None = None) -> None:
        """Axe, sideways scrolling and a picture, in every theme and at every width."""
        # A link just followed may have brought a page that is not read yet.
        self.page.wait_for_load_state()
        for scheme, width in looks or LOOKS:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.set_viewport_size({"width": width, "height": 900})
            assert (name, scheme, width, violations(self.page)) == (name, scheme, width, [])
            assert self.page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            ), (name, width)
            self.photograph(self.pictures / f"journey-{name}-{scheme}-{width}.png")
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.set_viewport_size({"width": WIDE, "height": 900})

    def photograph(self, path: Path, **more: Any) -> None:
        # Hiding the caret would put a style into the page, which its policy forbids.
        self.page.screenshot(path=path, caret="initial", **more)


class JourneyClock(Clock):
    """The database's clock; the clock moves once the pages of all people have loaded what they requested."""

    def __init__(self, people: list[tuple[Person, BrowserContext]]) -> None:
        self.people = people

    def move(self, **by: float) -> None:
        for person, _ in self.people:
            person.waits()
        super().move(**by)


@pytest.fixture
def people() -> list[tuple[Person, BrowserContext]]:
    """The people who have come in this journey so far, each with a browser context."""
    return []


@pytest.fixture
def clock(clock: Clock, people: list[tuple[Person, BrowserContext]]) -> Clock:
    return JourneyClock(people)


@pytest.fixture
def come(
    browser: Browser,
    browser_context_args: dict[str, Any],
    live_server: Any,
    screenshots: Path,
    people: list[tuple[Person, BrowserContext]],
) -> Iterator[Callable[..., Person]]:
    """`come()` is somebody who is not signed in, `come(user)` is signed in; `script=False` has no JavaScript."""

    def comes(user: User | None = None, *, script: bool = True) -> Person:
        context = browser.new_context(
            **browser_context_args,
            java_script_enabled=script,
            reduced_motion="reduce",
            viewport={"width": WIDE, "height": 900},
        )
        context.add_init_script(HEAR_VIOLATIONS)
        if user is not None:
            let_in(context, user, live_server.url)
        person = Person(context.new_page(), live_server.url, screenshots)
        context.on("console", lambda message: _hear(person, message))
        context.on("weberror", lambda error: person.complaints.append(f"script: {error.error}"))
        people.append((person, context))
        return person

    yield comes
    for person, context in people:
        person.page.wait_for_timeout(1)
        context.close()
    assert [person.complaints for person, _ in people if person.complaints] == []


def _hear(person: Person, message: ConsoleMessage) -> None:
    if message.type != "error":
        return
    text = message.text
    if answer := re.match(r"Failed to load resource: .* status of (\d+)", text):
        text = f"{answer[1]} {urlsplit(message.location['url']).path}"
    elif answer := re.match(r"Response Status Error Code (\d+) from ([^\s,]+)", text):
        text = f"htmx {answer[1]} {answer[2]}"
    person.complaints.append(text)

"""What the visitor of a guest link meets, page by page."""

import re
from typing import Any

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.test import Client
from django.test.utils import override_script_prefix

from accounts.models import OutboxMail
from audit.actions import Action
from audit.models import AuditEvent
from sharing import guest_cookie
from sharing.guest_mail import guest_link_asked
from sharing.models import GuestLink
from sharing.services import end_guest_link
from studies.models import Instance
from tests.cast import PATIENTS, Cast, acting
from tests.factories import make_series, make_study, placement_of
from tests.sharing.guests import Visitor, below, made, url_of
from tests.studies import beside_files
from tests.studies.pages import prepared
from tests.studies.test_manifest import make_copy

pytestmark = pytest.mark.django_db
PASSWORD = "violet-42"


@pytest.fixture
def image(cast: Cast) -> Instance:
    series = make_series(cast.study)
    image = prepared(series)
    make_copy(series, cover=image.uuid)
    return image


@pytest.fixture
def visitor(clock: Any) -> Visitor:
    return Visitor(clock)


def used(link: GuestLink) -> int:
    return GuestLink.objects.get(pk=link.pk).openings


def text(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def has_patient(page: Any) -> bool:
    return any(name in page.content.decode() for patient in PATIENTS for name in patient.split("^"))


# The press


def test_reading_the_url_says_from_whom_and_until_when_and_counts_nothing(
    cast: Cast, visitor: Visitor
) -> None:
    link = made(cast)
    events = AuditEvent.objects.count()

    page = visitor.follow(link)

    assert page.status_code == 200
    assert page.redirect_chain == [(below(link), 302)]
    assert "CT Reporting" in text(page)
    assert "Northgate Hospital" in text(page)
    assert not has_patient(page)
    assert (used(link), AuditEvent.objects.count()) == (0, events)


def test_files_of_the_site_have_their_url_whatever_page_asks_first(settings: Any) -> None:
    with override_script_prefix("/guest/00000000-0000-4000-8000-000000000000/"):
        # A change of a setting lets Django forget what it made of the URL before.
        settings.CIMAR_DEVELOPMENT = not settings.CIMAR_DEVELOPMENT
        url = StaticFilesStorage().url("css/base.css")

    assert url == "/static/css/base.css"


def test_a_person_opens_it_and_sees_the_viewer_first(cast: Cast, image: Instance, visitor: Visitor) -> None:
    link = made(cast)

    page = visitor.open(link)

    assert page.redirect_chain[-1][0] == below(link, f"placements/{cast.placement.uuid}/viewer/")
    assert page.status_code == 200
    assert has_patient(page)
    assert used(link) == 1


@pytest.mark.parametrize("hand", ["", "unused"])
def test_a_press_at_once_counts_nothing_and_the_second_opens(cast: Cast, visitor: Visitor, hand: str) -> None:
    link = made(cast, most_openings=1)
    visitor.follow(link)

    page = visitor.send(link, hand=hand)

    assert page.status_code == 422
    assert "once more" in text(page)
    assert used(link) == 0
    assert visitor.press(link, hand="used").status_code == 200
    assert used(link) == 1


def test_pressed_twice_it_is_opened_once(cast: Cast, image: Instance, visitor: Visitor) -> None:
    link = made(cast, most_openings=2)
    visitor.follow(link)
    form = visitor.hidden()
    visitor.press(link)

    again = visitor.client.post(below(link, "open/"), form, follow=True)

    assert (again.status_code, used(link)) == (200, 1)


def test_following_the_link_again_goes_on_with_the_visit(
    cast: Cast, image: Instance, visitor: Visitor
) -> None:
    link = made(cast, most_openings=1)
    visitor.open(link)

    page = visitor.follow(link)

    assert page.status_code == 200
    assert has_patient(page)
    assert used(link) == 1


def test_a_wrong_password_is_told_and_the_last_ends_the_link(cast: Cast, visitor: Visitor) -> None:
    link = made(cast, password=PASSWORD)
    visitor.follow(link)

    pages = [visitor.press(link, password="nothing-like-it") for _ in range(5)]

    assert [page.status_code for page in pages] == [422, 422, 422, 422, 410]
    assert "4 tries left" in text(pages[0])
    assert "wrong password" in text(pages[-1])
    assert not any(has_patient(page) for page in pages)
    assert visitor.press(link, password=PASSWORD).status_code == 410
    assert used(link) == 0


def test_a_password_that_is_missing_or_pressed_at_once_costs_no_try(cast: Cast, visitor: Visitor) -> None:
    link = made(cast, password=PASSWORD)
    visitor.follow(link)

    assert visitor.send(link, password="nothing-like-it").status_code == 422
    assert visitor.press(link, password="").status_code == 422

    assert GuestLink.objects.get(pk=link.pk).tries_left == 5
    assert visitor.press(link, password=PASSWORD).status_code == 200


# Apart from whoever is signed in


def test_a_visit_and_a_session_do_not_disturb_each_other(
    cast: Cast, image: Instance, visitor: Visitor
) -> None:
    link = made(cast)
    visitor.client.force_login(cast.ben)
    session = visitor.client.cookies["sessionid"].value

    page = visitor.open(link)

    assert cast.ben.email not in page.content.decode()
    assert visitor.client.cookies["sessionid"].value == session
    assert visitor.client.get("/studies/", follow=True).status_code == 200
    assert visitor.client.get(f"/placements/{cast.placement.uuid}/").status_code == 404
    visitor.client.post("/sign-in/logout/")
    assert visitor.client.get(below(link, f"placements/{cast.placement.uuid}/")).status_code == 200


def test_the_sites_own_forms_keep_their_secret(cast: Cast, image: Instance, visitor: Visitor) -> None:
    link = made(cast)
    sign_in = visitor.client.get("/sign-in/login/")
    secret = visitor.client.cookies["csrftoken"].value

    visitor.open(link)

    assert visitor.client.cookies["csrftoken"].value == secret
    assert sign_in.status_code == 200


def test_signing_in_between_reading_and_pressing_does_not_disturb(cast: Cast, visitor: Visitor) -> None:
    link = made(cast)
    visitor.follow(link)
    visitor.client.force_login(cast.ben)
    visitor.client.cookies["csrftoken"] = "x" * 32

    assert visitor.press(link).status_code == 200
    assert used(link) == 1


def test_two_links_are_open_in_one_browser(cast: Cast, image: Instance, visitor: Visitor) -> None:
    first = made(cast)
    study = make_study(cast.ct)
    prepared(make_series(study))
    second = made(cast, placement_of(study, cast.ct))
    visitor.open(first)
    visitor.open(second)

    for link, placement in ((first, cast.placement), (second, placement_of(study, cast.ct))):
        path = f"placements/{placement.uuid}/viewer/"
        assert visitor.client.get(below(link, path)).status_code == 200
    other = below(second, f"placements/{cast.placement.uuid}/viewer/")
    assert visitor.client.get(other).status_code == 404


def test_close_ends_the_visit_in_this_browser(cast: Cast, image: Instance, visitor: Visitor) -> None:
    link = made(cast)
    visitor.page = visitor.open(link)
    visitor.page = visitor.client.get(below(link, f"placements/{cast.placement.uuid}/"))

    closed = visitor.send(link, path="close/")

    assert closed.status_code == 200
    assert visitor.client.get(below(link)).status_code == 404
    assert GuestLink.objects.get(pk=link.pk).ended_at is None


# What it shows


def test_all_that_a_guest_page_needs_answers_below_the_link(
    cast: Cast, image: Instance, visitor: Visitor
) -> None:
    link = made(cast)
    page = visitor.open(link)
    manifest = visitor.client.get(re.search(r'data-manifest="([^"]+)"', page.content.decode())[1])
    series = manifest.json()["series"]

    urls = [each["thumbnail"] for each in series] + [each["pack"]["url"] for each in series if each["pack"]]
    assert urls
    for url in urls:
        assert url.startswith(below(link))
        assert visitor.client.get(url).status_code == 200
    frame = below(link, f"placements/{cast.placement.uuid}/instances/{image.uuid}/frames/1.png")
    assert visitor.client.get(frame).status_code == 200


def test_a_guest_page_links_to_nothing_of_the_site(cast: Cast, image: Instance, visitor: Visitor) -> None:
    link = made(cast, may_download=True)
    pages = [visitor.follow(link), visitor.press(link)]
    study = below(link, f"placements/{cast.placement.uuid}/")
    pages += [visitor.client.get(study), visitor.client.get(below(link, "nothing/"))]
    choose = below(link, f"studies/download/choose/?placement={cast.placement.uuid}")
    pages += [visitor.client.get(choose), visitor.client.get(study + "viewer/?image=99")]

    for page in pages:
        named = re.findall(r'(?:href|src|action|data-[a-z-]+)="(/[^"]*|https?:[^"]*)"', page.content.decode())
        others = [url for url in named if not url.startswith(("/static/", below(link)))]
        assert others == [], page.request["PATH_INFO"]


def test_several_studies_are_listed_and_each_read_is_in_its_trail(cast: Cast, visitor: Visitor) -> None:
    patient = {"patient_id": "M7", "issuer_of_patient_id": "NGH", "patient_name": "Quill^Hazel"}
    studies = [make_study(cast.ct, **patient) for _ in range(2)]
    link = made(cast, *(placement_of(study, cast.ct) for study in studies))

    page = visitor.open(link)

    assert page.redirect_chain[-1][0] == below(link)
    assert "2 studies" in text(page)
    events = AuditEvent.objects.filter(action=Action.STUDY_OPEN, detail__page="guest")
    assert {event.study_id for event in events} == {study.pk for study in studies}


def test_a_download_is_there_where_the_row_allows_it(cast: Cast, visitor: Visitor) -> None:
    [image] = beside_files.taken_in(cast, beside_files.an_image("1.2.826.0.1.3680043.8.498.1"))
    placement = placement_of(image.study, cast.ct)
    plain, full = made(cast, placement), made(cast, placement, may_download=True)
    visitor.open(plain)
    visitor.open(full)
    page, file = f"placements/{placement.uuid}/", f"placements/{placement.uuid}/download/"

    assert "Download" not in text(visitor.client.get(below(plain, page)))
    assert visitor.client.get(below(plain, file)).status_code == 403
    assert "Download" in text(visitor.client.get(below(full, page)))
    answer = visitor.client.get(below(full, file))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    [event] = AuditEvent.objects.filter(action=Action.STUDY_DOWNLOAD)
    assert event.detail["guest_link"] == str(full.uuid)


# The end


def ended_by_its_maker(cast: Cast, link: GuestLink, visitor: Visitor) -> None:
    end_guest_link(link=link.uuid, by=acting(cast.ana))


def expired(cast: Cast, link: GuestLink, visitor: Visitor) -> None:
    visitor.clock.move(days=40)


def used_up(cast: Cast, link: GuestLink, visitor: Visitor) -> None:
    Visitor(visitor.clock).open(link)


def locked(cast: Cast, link: GuestLink, visitor: Visitor) -> None:
    other = Visitor(visitor.clock)
    other.follow(link)
    for _ in range(5):
        other.press(link, password="nothing-like-it")


ENDS = {"ended": ended_by_its_maker, "expired": expired, "used up": used_up, "locked": locked}
SAYS = {
    "ended": "ended by the people who sent it",
    "expired": "was valid until",
    "used up": "as often as it may be",
    "locked": "wrong password",
}


@pytest.mark.parametrize("how", ENDS)
def test_a_link_that_is_over_says_why_and_whom_to_ask(cast: Cast, visitor: Visitor, how: str) -> None:
    cast.northgate.contact = "Radiology desk, extension 4120"
    cast.northgate.save(update_fields=["contact"])
    link = made(cast, most_openings=1, password=PASSWORD if how == "locked" else "")
    ENDS[how](cast, link, visitor)

    page = visitor.follow(link)

    assert page.status_code == 410
    for words in (SAYS[how], "CT Reporting", "Northgate Hospital", "extension 4120", "Ask for a new link"):
        assert words in text(page)
    assert not has_patient(page)


def test_asking_for_a_new_link_tells_its_maker_once(cast: Cast, visitor: Visitor) -> None:
    link = made(cast, recipient_name="Dr Lee")
    end_guest_link(link=link.uuid, by=acting(cast.ana))
    visitor.follow(link)

    pages = [visitor.press(link, path="ask/")]
    visitor.follow(link)
    pages.append(visitor.press(link, path="ask/"))

    assert [page.status_code for page in pages] == [410, 410]
    assert "was notified" in text(pages[0])
    [mail] = OutboxMail.objects.filter(kind="guest_link_asked")
    message = guest_link_asked(mail)
    assert mail.recipient == cast.ana.email
    assert "CT Reporting" in message.text
    for secret in (*(name for patient in PATIENTS for name in patient.split("^")), "Lee", "/guest/"):
        assert secret not in message.text + message.html + message.subject
    [event] = AuditEvent.objects.filter(action=Action.GUEST_LINK_ASK)
    assert (event.by_id, event.detail["authoriser_id"]) == (None, cast.ana.pk)


def test_a_visit_ends_with_its_link(cast: Cast, image: Instance, visitor: Visitor) -> None:
    link = made(cast)
    visitor.open(link)
    end_guest_link(link=link.uuid, by=acting(cast.ana))

    for path in ("", f"placements/{cast.placement.uuid}/viewer/manifest.json"):
        page = visitor.client.get(below(link, path), follow=True)
        assert page.status_code == 410


# Strangers


def test_no_page_below_a_link_answers_a_browser_that_did_not_come_by_it(cast: Cast, image: Instance) -> None:
    link = made(cast)
    stranger = Client()
    pages = [stranger.get(below(link), follow=True), stranger.get(f"/guest/{cast.ct.uuid}/", follow=True)]
    viewer = below(link, f"placements/{cast.placement.uuid}/viewer/")

    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].content == pages[1].content
    assert stranger.get(viewer, follow=True).status_code == 404


def test_a_cookie_that_we_did_not_make_is_none(cast: Cast, image: Instance) -> None:
    link, other = made(cast), made(cast)
    client = Client()
    client.get(url_of(other))
    taken = client.cookies[guest_cookie.name_of(other.uuid)].value
    for value in ("", "nonsense", taken):
        client.cookies[guest_cookie.name_of(link.uuid)] = value
        assert client.get(below(link)).status_code == 404


@pytest.mark.parametrize("token", ["nothing", "a" * 32 + "-1.x", "0" * 400])
def test_a_token_that_is_none_is_not_found(cast: Cast, client: Client, token: str) -> None:
    assert client.get(f"/guest/{token}/").status_code == 404

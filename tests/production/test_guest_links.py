"""A guest link through the proxy of production: what its visitor is answered, what programs use up, what no log has."""

import re
import time
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from accounts.models import User
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import GuestLink
from studies.models import Blob, Instance, Study
from tests.bad_files import as_bytes, dicom
from tests.factories import PASSWORD, join, make_account, make_location, make_user, placement_of
from tests.processes import Answer, eventually
from tests.production.people import Guest, words
from tests.production.proxy import Proxy, short_folder
from tests.production.stack import HOST, Stack, missing
from worklists.models import Worklist

pytestmark = [pytest.mark.process, pytest.mark.slow]

MAKER, VISITOR, SCANNER = (f"127.0.2.{number}" for number in range(1, 4))
LINK_PASSWORD = "violet-42"
A_PERSON_READS = 2.5
NAME = "Guest^Gillian"


@pytest.fixture(scope="module")
def made_once() -> dict[str, Any]:
    """What the tests of this module share: a hospital with a study, and its radiologist at a browser."""
    return {}


@pytest.fixture
def hospital(stack: Stack, on_its_database: None, made_once: dict[str, Any]) -> dict[str, Any]:
    if not made_once:
        # An account of their own: the stack's database is that of the other modules too.
        lakeside = make_account("Lakeside Hospital")
        worklist = make_location(lakeside, "Lakeside Reporting")
        user = make_user("Lara Lake", email="lara@lakeside.example")
        join(user, lakeside, "Radiologist", [worklist])
        User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD))
        maker = Guest(stack, MAKER)
        maker.sign_in(user.email, PASSWORD)
        made_once |= {"worklist": worklist, "maker": maker, "study": uploaded(worklist, maker)}
    return made_once


def uploaded(worklist: Worklist, maker: Guest) -> Study:
    """Through the proxy into the store, and prepared by a worker."""
    maker.get(reverse("studies:upload", args=[worklist.uuid]))
    files = reverse("studies:upload_files", args=[worklist.uuid])
    told = f"For guests {uuid4().hex[:8]}"
    answer = maker.upload(files, "picture.dcm", as_bytes(dicom(StudyDescription=told, PatientName=NAME)))
    assert answer.status == 302, answer.text
    study: Any = eventually(lambda: Study.objects.filter(description=told).first(), 120)
    blob = study.series.get().instances.get().blob_id
    eventually(lambda: Blob.objects.filter(pk=blob, preview=Blob.Preview.READY).exists(), 120)
    return study


def made(hospital: dict[str, Any], **more: Any) -> tuple[GuestLink, str]:
    """A link as the radiologist makes it on the page, and the path of its URL."""
    maker, placement = hospital["maker"], placement_of(hospital["study"], hospital["worklist"])
    dialog = maker.get(f"{reverse('sharing:new_guest_link')}?placement={placement.uuid}")
    until = re.search(r'name="until"[^>]* value="([\d-]+)"|value="([\d-]+)"[^>]* name="until"', dialog.text)
    assert until is not None, words(dialog.text)
    asked = {"placement": placement.uuid, "until": until[1] or until[2], **more}
    page = maker.post(reverse("sharing:make_guest_link"), **asked)
    assert page.status == 200, words(page.text)
    [path] = set(re.findall(rf"https://{HOST}(/guest/[\w.-]+/)", page.text))
    return GuestLink.objects.latest("pk"), path


def openings(link: GuestLink) -> tuple[int, int]:
    link.refresh_from_db()
    return link.openings, link.wrong_tries


def hidden(page: Answer) -> dict[str, str]:
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


def followed(guest: Guest, path: str) -> Answer:
    arrived = guest.get(path)
    assert arrived.status == 302, words(arrived.text)
    return guest.get(arrived.location)


def opened(guest: Guest, link: GuestLink, path: str, **fields: str) -> Answer:
    page = followed(guest, path)
    time.sleep(A_PERSON_READS)  # allowed: a person reads, and a press that is quicker counts nothing
    return guest.post(f"/guest/{link.uuid}/open/", **hidden(page), **fields)


def header(answer: Answer, name: str) -> str:
    return answer.headers.get(name, "") or ""


def test_a_visitor_opens_the_viewer_its_pictures_and_the_download(
    stack: Stack, hospital: dict[str, Any]
) -> None:
    link, path = made(hospital, password=LINK_PASSWORD, may_download="on")
    guest = Guest(stack, VISITOR)

    landing = followed(guest, path)
    assert landing.status == 200
    assert "Gillian" not in landing.text
    viewer = opened(guest, link, path, password=LINK_PASSWORD)

    placement = placement_of(hospital["study"], hospital["worklist"]).uuid
    instance = Instance.objects.get(series__study=hospital["study"]).uuid
    below = f"/guest/{link.uuid}/placements/{placement}/"
    assert (viewer.status, viewer.location) == (302, f"{below}viewer/")
    assert openings(link) == (1, 0)
    answers = {
        name: guest.get(url)
        for name, url in {
            "viewer": f"{below}viewer/",
            "manifest": f"{below}viewer/manifest.json",
            "study": below,
            "picture": f"{below}instances/{instance}/frames/1.png",
            "thumbnail": f"{below}instances/{instance}/thumbnail.png",
            "choose": f"/guest/{link.uuid}/studies/download/choose/?placement={placement}",
            "download": f"{below}download/",
            "the site": f"/placements/{placement}/",
        }.items()
    }
    assert {name: answer.status for name, answer in answers.items()} == {
        **dict.fromkeys(("viewer", "manifest", "study", "picture", "thumbnail", "choose", "download"), 200),
        # Of the site itself the visit opens nothing.
        "the site": 302,
    }
    assert "Gillian" in answers["study"].text
    assert "PNG" in answers["picture"].text[:8]
    assert answers["download"].text.startswith("PK")
    assert AuditEvent.objects.filter(
        action=Action.STUDY_DOWNLOAD, detail__guest_link=str(link.uuid), by_label__startswith="Guest link"
    ).exists()


def test_each_page_is_kept_by_no_one_names_no_referrer_and_asks_no_other_host(
    stack: Stack, hospital: dict[str, Any]
) -> None:
    link, path = made(hospital)
    guest = Guest(stack, VISITOR)
    arrived = guest.get(path)
    pages = {"arrival": arrived, "landing": guest.get(arrived.location)}
    opened(guest, link, path)
    placement = placement_of(hospital["study"], hospital["worklist"]).uuid
    pages["study"] = guest.get(f"/guest/{link.uuid}/placements/{placement}/")
    pages["viewer"] = guest.get(f"/guest/{link.uuid}/placements/{placement}/viewer/")
    pages["forged"] = guest.get("/guest/forged/")

    assert {name: page.status for name, page in pages.items()} == {
        "arrival": 302, "landing": 200, "study": 200, "viewer": 200, "forged": 404,
    }  # fmt: skip
    for name, page in pages.items():
        assert header(page, "Referrer-Policy") == "no-referrer", name
        assert header(page, "X-Robots-Tag") == "noindex, nofollow", name
        assert header(page, "X-Content-Type-Options") == "nosniff", name
        assert "no-store" in header(page, "Cache-Control"), name
        policy = header(page, "Content-Security-Policy")
        assert "default-src" in policy, name
        assert not re.search(r"https?://", policy), name
        assert "'unsafe-eval'" not in policy, name
        assert header(page, "Strict-Transport-Security"), name
    for name in ("landing", "study"):
        assert "unsafe-inline" not in header(pages[name], "Content-Security-Policy"), name
        assert not re.findall(r'(?:src|action|data-src)="https?://', pages[name].text), name
    cookie = " ".join(arrived.cookies)
    assert all(part in cookie for part in ("Path=/guest/", "Secure", "HttpOnly", "SameSite=Lax"))
    assert "sessionid" not in cookie


def test_what_a_mail_scanner_does_uses_up_nothing(stack: Stack, hospital: dict[str, Any]) -> None:
    link, path = made(hospital, most_openings="1")

    for number in range(3):
        scanner = Guest(stack, SCANNER)
        assert scanner._ask("HEAD", path).status == 302
        assert scanner.get(path).status == 302
        page = followed(scanner, path)
        assert page.status == 200, number
        # It sends the form that it met, at once, and once more as a script without pointer or keyboard.
        at_once = scanner.post(f"/guest/{link.uuid}/open/", **hidden(page))
        assert at_once.status == 422
        time.sleep(A_PERSON_READS)  # allowed: a scanner that waits has no pointer and no keyboard
        untouched = {**hidden(at_once), "hand": "unused"}
        assert scanner.post(f"/guest/{link.uuid}/open/", **untouched).status == 422
        assert scanner._ask("HEAD", f"/guest/{link.uuid}/").status == 200

    assert openings(link) == (0, 0)
    person = Guest(stack, VISITOR)
    assert opened(person, link, path).status == 302
    assert openings(link) == (1, 0)
    assert followed(Guest(stack, VISITOR), path).status == 410


def test_a_new_url_ends_the_old_at_the_next_request_of_each_copy(
    stack: Stack, hospital: dict[str, Any]
) -> None:
    link, old = made(hospital)
    guest, maker = Guest(stack, VISITOR), hospital["maker"]
    opened(guest, link, old)
    inside = f"/guest/{link.uuid}/placements/{placement_of(hospital['study'], hospital['worklist']).uuid}/"
    assert guest.get(inside).status == 200
    url = reverse("sharing:renew_guest_link", args=[link.uuid])
    maker.get(url)

    page = maker.post(url, generation="1")

    [new] = set(re.findall(rf"https://{HOST}(/guest/[\w.-]+/)", page.text))
    assert [guest.get(inside).status for _ in range(4)] == [410] * 4
    assert [Guest(stack, VISITOR).get(old).status for _ in range(4)] == [410] * 4
    assert followed(Guest(stack, VISITOR), new).status == 200


def test_no_log_has_the_token_the_password_or_the_patient(stack: Stack, hospital: dict[str, Any]) -> None:
    link, path = made(hospital, password=LINK_PASSWORD)
    guest = Guest(stack, VISITOR)
    opened(guest, link, path, password="not-this-one")
    opened(guest, link, path, password=LINK_PASSWORD)
    assert openings(link) == (1, 1)
    token = path.split("/")[2]

    logs = {
        replica.name: replica.log.read_text(errors="replace")
        for service in ("nginx", "web", "worker")
        for replica in stack.of(service)
    }

    assert '"/guest/"' in logs["nginx-1"]
    for name, log in logs.items():
        assert token not in log, name
        assert token.partition(":")[2] not in log or ":" not in token, name
        assert LINK_PASSWORD not in log, name
        assert "not-this-one" not in log, name
        assert "Gillian" not in log, name
        assert f"/guest/{link.uuid}" not in logs["nginx-1"]


def test_a_program_that_tries_links_without_pause_is_told_to_wait(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if reason := missing():
        pytest.skip(reason)
    proxy = Proxy(short_folder(tmp_path_factory), env, CIMAR_PROXY_REQUESTS="5")
    link = f"/guest/{uuid4()}/open/"
    try:
        proxy.start()
        tried = [proxy.ask("POST", link, b"password=guess") for _ in range(40)]
        guessed = [proxy.ask("GET", f"/guest/{uuid4().hex}/") for _ in range(10)]
    finally:
        proxy.end()

    assert {answer.status for answer in tried} == {200, 429}
    assert 429 in {answer.status for answer in guessed}
    assert len(proxy.seen) < len(tried) + len(guessed)

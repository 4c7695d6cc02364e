"""Every 403 leaves exactly one line, which no rollback takes along; other answers leave none."""

from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseForbidden
from django.test import Client, RequestFactory
from django.urls import include, path

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from audit.requests import ip_address_of
from audit.services import On, record, record_denied
from tests.cast import acting

SENTENCE = "Your role does not let you do this."


def raises(request, **named):
    with transaction.atomic():
        record(Action.STUDY_EDIT, by=acting(request.user))
        raise PermissionDenied(SENTENCE)


def raises_knowing(request):
    refusal = PermissionDenied(SENTENCE)
    refusal.on = On(worklist_id=5, worklist_label="CT Reporting", detail={"shares": 2})
    raise refusal


def answers(request):
    return HttpResponseForbidden("no")


def hidden(request):
    raise Http404


def fine(request):
    return HttpResponse("fine")


urlpatterns = [
    path("raises/", raises, name="raises"),
    path("placements/<uuid:placement>/raises/", raises, name="raises_there"),
    path("raises-knowing/", raises_knowing),
    path("answers/", answers),
    path("hidden/", hidden),
    path("fine/", fine),
    path("", include("cimar.urls")),
]
pytestmark = pytest.mark.urls(__name__)


def lines():
    return list(AuditEvent.objects.filter(action=Action.DENIED))


@pytest.fixture
def ana(cast, client):
    client.force_login(cast.ana)
    return cast.ana


def test_a_refusal_shows_its_sentence_and_leaves_one_line(ana, client):
    response = client.post("/raises/", REMOTE_ADDR="192.0.2.7")
    assert response.status_code == 403
    assert SENTENCE in response.content.decode()
    [line] = lines()
    assert (line.by_id, line.outcome, line.ip_address) == (ana.pk, "refused", "192.0.2.7")
    assert line.detail == {"what": "POST raises", "why": SENTENCE}


def test_what_the_refused_deed_had_written_is_undone(ana, client):
    client.post("/raises/")
    assert not AuditEvent.objects.filter(action=Action.STUDY_EDIT).exists()


@pytest.mark.django_db(transaction=True)
def test_the_line_is_committed_apart_from_the_deed(ana, client, as_owner):
    client.post("/raises/")
    counted = as_owner(
        "SELECT count(*) FROM audit_auditevent WHERE action IN ('platform:deed:refuse', 'study:study:change')"
    )
    assert counted == [(1,)]


def test_a_line_cannot_be_written_inside_the_transaction_of_the_deed(transactional_db):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        record_denied(by=OPERATOR, what="POST raises")


def test_the_line_says_which_study_it_was_about(cast, ana, client):
    client.get(f"/placements/{cast.placement.uuid}/raises/")
    [line] = lines()
    assert (line.study_id, line.worklist_id, line.placement_uuid) == (
        cast.study.pk,
        cast.ct.pk,
        cast.placement.uuid,
    )
    assert line.in_original


def test_a_placement_in_the_form_counts_as_well(cast, ana, client):
    typed = urlencode({"placement": [str(cast.placement.uuid)]}, doseq=True)
    client.post("/raises/", typed, content_type="application/x-www-form-urlencoded")
    assert [line.study_id for line in lines()] == [cast.study.pk]


@pytest.mark.parametrize("typed", ["", "no-uuid", "\x00", "00000000-0000-0000-0000-000000000000"])
def test_nonsense_for_a_placement_is_no_error(ana, client, typed):
    form = urlencode({"placement": typed})
    assert client.post("/raises/", form, content_type="application/x-www-form-urlencoded").status_code == 403
    assert [line.study_id for line in lines()] == [None]


def test_a_study_the_person_does_not_see_is_not_named(cast, ana, client):
    client.get(f"/placements/{cast.other_placement.uuid}/raises/")
    assert [line.study_id for line in lines()] == [None]


def test_a_form_with_too_many_fields_is_still_a_refusal(ana, client):
    form = "&".join(f"f{number}=" for number in range(2500))
    assert client.post("/raises/", form, content_type="application/x-www-form-urlencoded").status_code == 403
    assert len(lines()) == 1


def test_an_upload_is_not_received_for_the_sake_of_a_refusal(cast, ana, client):
    client.post("/raises/", {"placement": str(cast.placement.uuid)})
    assert [line.study_id for line in lines()] == [None]


def test_a_refusal_that_knows_what_it_was_about_is_believed(ana, client):
    client.get("/raises-knowing/")
    [line] = lines()
    assert (line.worklist_label, line.detail["shares"]) == ("CT Reporting", 2)


def test_a_403_that_was_answered_and_not_raised_leaves_one_line(ana, client):
    assert client.get("/answers/").status_code == 403
    assert len(lines()) == 1


def test_a_forged_form_leaves_one_line_under_nobodys_name(cast):
    response = Client(enforce_csrf_checks=True).post("/fine/")
    assert response.status_code == 403
    [line] = lines()
    assert (line.by_id, line.by_label) == (None, "Someone not signed in")


@pytest.mark.parametrize("address", ["/hidden/", "/fine/", "/sign-in/login/", "/nowhere/"])
def test_other_answers_leave_no_line(ana, client, address):
    assert client.get(address).status_code != 403
    assert not lines()


def test_a_redirect_to_the_sign_in_leaves_no_line(db, client):
    assert client.get("/admin/").status_code == 302
    assert not lines()


def test_an_anonymous_person_is_named_as_such(db):
    record_denied(by=acting(None), what="GET page")
    assert [line.by_label for line in lines()] == ["Someone not signed in"]


@pytest.mark.parametrize(
    ("proxies", "headers", "expected"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, "192.0.2.1"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.4"}, "198.51.100.4"),
        (2, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.4"}, "203.0.113.9"),
        (2, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, None),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "nonsense"}, None),
        (0, {"REMOTE_ADDR": ""}, None),
        (0, {"REMOTE_ADDR": "2001:db8::1"}, "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_our_own_proxies_saw(settings, proxies, headers, expected):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert ip_address_of(RequestFactory().get("/", **headers)) == expected

"""The door of DICOMweb: who is let in, what the others read, and what every answer says of keeping it."""

import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Study
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import body_of, client_of, root_of, take_in, url_of
from worklists.services import make_token, revoke_token
from worklists.services.tokens import NewToken

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def study(cast: Cast, dicom_storage: Any) -> Study:
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77"), sound(StudyInstanceUID="2.25.77")])
    return Study.objects.get(study_instance_uid="2.25.77")


LEVELS = ["", "/metadata", "/series/2.25.1", "/series/2.25.1/metadata", "/series/2.25.1/instances/2.25.2"]


@pytest.mark.parametrize("rest", LEVELS)
def test_strangers_are_asked_for_a_token_and_never_sent_to_a_page(
    cast: Cast, study: Study, rest: str
) -> None:
    for url in (
        url_of(cast.ct, study, rest),
        f"/dicomweb/{uuid.uuid4()}/studies/2.25.1{rest}",
        "/dicomweb/x/y",
    ):
        answer = Client().get(url)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("authorization", ["Bearer nothing", "Basic YTpi", "Bearer", "nonsense"])
def test_a_token_that_is_not_known_is_refused_whoever_is_signed_in(
    cast: Cast, study: Study, authorization: str
) -> None:
    answer = client_of(cast.ana).get(
        url_of(cast.ct, study, "/metadata"), headers={"Authorization": authorization}
    )

    assert answer.status_code == 401


@pytest.mark.parametrize("rest", LEVELS)
@pytest.mark.parametrize("person", ["ben", "sue", "ed", "nolan"])
def test_what_is_not_seen_is_answered_as_what_never_was(
    cast: Cast, study: Study, rest: str, person: str
) -> None:
    client = client_of(getattr(cast, person))
    before = AuditEvent.objects.count()

    hidden = client.get(url_of(cast.ct, study, rest))
    never = client.get(f"/dicomweb/{uuid.uuid4()}/studies/2.25.1{rest}")
    no_url = client.get(f"{root_of(cast.ct)}/nothing/of/this")

    assert {each.status_code for each in (hidden, never, no_url)} == {404}
    assert hidden.content == never.content == no_url.content
    assert AuditEvent.objects.count() == before


def test_whole_objects_need_the_right_to_download(cast: Cast, study: Study) -> None:
    vera = client_of(cast.vera)

    refused = vera.get(url_of(cast.ct, study))
    opened = vera.get(url_of(cast.ct, study, "/metadata"))

    assert refused.status_code == 403
    assert b"download studies" in refused.content
    assert opened.status_code == 200
    [event] = AuditEvent.objects.filter(action=Action.DENIED)
    assert (event.by_id, event.study_uid) == (cast.vera.pk, "2.25.77")


def test_that_images_were_served_is_recorded_once_a_session(cast: Cast, study: Study) -> None:
    ana = client_of(cast.ana)
    for rest in ("/metadata", "", "/metadata"):
        body_of(ana.get(url_of(cast.ct, study, rest)))
    body_of(client_of(cast.ana).get(url_of(cast.ct, study)))

    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED, by_id=cast.ana.pk).count() == 2


def test_other_methods_are_answered_with_those_there_are(cast: Cast, study: Study) -> None:
    for url in (url_of(cast.ct, study, "/metadata"), f"/dicomweb/{uuid.uuid4()}/studies/1/metadata"):
        answer = client_of(cast.ana).delete(url)

        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_answers_are_kept_by_the_client_alone_and_asked_for_each_time(cast: Cast, study: Study) -> None:
    ana = client_of(cast.ana)
    for rest in ("", "/metadata"):
        first = ana.get(url_of(cast.ct, study, rest))
        again = ana.get(url_of(cast.ct, study, rest), headers={"If-None-Match": first["ETag"]})
        head = ana.head(url_of(cast.ct, study, rest))

        assert first["Cache-Control"] == "private, no-cache"
        assert (again.status_code, again.content) == (304, b"")
        assert (head.status_code, body_of(head), head["ETag"]) == (200, b"", first["ETag"])
        assert "Authorization" in first["Vary"]


def test_the_service_says_what_it_can_to_those_who_see_the_worklist(cast: Cast) -> None:
    seen = client_of(cast.ana).get(root_of(cast.ct))
    options = client_of(cast.ana).options(root_of(cast.ct))

    assert seen.json() == options.json()
    assert client_of(cast.ben).get(root_of(cast.ct)).status_code == 404


def test_an_overdue_second_factor_is_a_refusal_and_no_page(cast: Cast, study: Study, settings: Any) -> None:
    settings.CIMAR_SUPERUSER_SECOND_FACTOR = True
    cast.ana.__class__.objects.filter(pk=cast.ana.pk).update(is_superuser=True)

    answer = client_of(cast.ana).get(url_of(cast.ct, study, "/metadata"))

    assert answer.status_code == 403


# Tokens


def token_of(cast: Cast, person: Any, *worklists: Any, may_store: bool = False) -> NewToken:
    return make_token(
        by=acting(person),
        name="PACS",
        worklists=[worklist.uuid for worklist in worklists],
        last_day=date(2027, 1, 31),
        may_store=may_store,
    )


def with_token(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_opens_what_its_owner_may_on_its_worklists(cast: Cast, study: Study) -> None:
    here, elsewhere = token_of(cast, cast.ana, cast.ct), token_of(cast, cast.adam, cast.emergency)
    url = url_of(cast.ct, study)

    for rest in ("", "/metadata"):
        assert Client().get(f"{url}{rest}", headers=with_token(here.secret)).status_code == 200
        assert Client().get(f"{url}{rest}", headers=with_token(elsewhere.secret)).status_code == 404

    assert client_of(cast.ana).get(url, headers=with_token(elsewhere.secret)).status_code == 404


def test_a_token_without_the_right_to_download_has_no_whole_objects(cast: Cast, study: Study) -> None:
    token = token_of(cast, cast.vera, cast.ct)

    refused = Client().get(url_of(cast.ct, study), headers=with_token(token.secret))

    assert refused.status_code == 403
    assert (
        Client().get(url_of(cast.ct, study, "/metadata"), headers=with_token(token.secret)).status_code == 200
    )
    [event] = AuditEvent.objects.filter(action=Action.DENIED)
    assert (event.by_id, event.detail["token_name"]) == (cast.vera.pk, "PACS")


def test_a_token_is_refused_from_the_moment_it_ends(cast: Cast, study: Study) -> None:
    token = token_of(cast, cast.ana, cast.ct)
    url = url_of(cast.ct, study, "/metadata")
    first = Client().get(url, headers=with_token(token.secret))

    revoke_token(by=acting(cast.ana), token=token.token.uuid)
    headers = {**with_token(token.secret), "If-None-Match": first["ETag"]}

    assert Client().get(url, headers=headers).status_code == 401


def test_a_tokens_day_is_a_single_visit(cast: Cast, study: Study) -> None:
    token = token_of(cast, cast.ana, cast.ct)
    for _number in range(3):
        body_of(Client().get(url_of(cast.ct, study, "/metadata"), headers=with_token(token.secret)))

    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED).count() == 1

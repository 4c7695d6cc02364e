"""Basic: a token as the password, for programs alone, and never an account's password."""

from base64 import b64encode
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from studies.models import Study
from tests.bad_files import dicom_storage
from tests.cast import Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import client_of, root_of
from tests.dicomweb.test_door import study, token_of
from tests.factories import PASSWORD
from worklists.services import add_sender, revoke_token

__all__ = ["dicom_storage", "study"]
pytestmark = pytest.mark.django_db


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}


@pytest.mark.parametrize("name", ["", "pacs", "ana@northgate.example", "jürgen"])
def test_the_password_is_the_token_whatever_the_name(cast: Cast, study: Study, name: str) -> None:
    made = token_of(cast, cast.ana, cast.ct)
    url = f"{root_of(cast.ct)}/studies"

    first = Client().get(url, headers=basic(name, made.secret))
    revoke_token(by=acting(cast.ana), token=made.token.uuid)

    assert first.status_code == 200
    assert Client().get(url, headers=basic(name, made.secret)).status_code == 401


def test_the_password_of_an_account_is_nothing_here(cast: Cast, study: Study) -> None:
    cast.ana.set_password(PASSWORD)
    cast.ana.save()
    before = AuditEvent.objects.count()

    answer = Client().get(f"{root_of(cast.ct)}/studies", headers=basic(cast.ana.email, PASSWORD))

    assert answer.status_code == 401
    [event] = AuditEvent.objects.order_by("-pk")[: AuditEvent.objects.count() - before]
    assert PASSWORD not in str(event.__dict__)
    assert cast.ana.email not in str(event.__dict__)


def test_a_sender_is_known_by_it_too(cast: Cast, study: Study) -> None:
    made = add_sender(
        account=cast.northgate, worklist=cast.ct, name="PACS", last_day=day_of(), by=acting(cast.adam)
    )

    assert Client().get(f"{root_of(cast.ct)}/studies", headers=basic("", made.secret)).status_code == 404


@pytest.mark.parametrize("header", ["Sec-Fetch-Mode", "Sec-Fetch-Site"])
def test_from_a_browser_it_is_no_credential_and_is_not_asked_for(
    cast: Cast, study: Study, header: str
) -> None:
    made = token_of(cast, cast.ana, cast.ct)
    url = f"{root_of(cast.ct)}/studies"

    answer = Client().get(url, headers={**basic("", made.secret), header: "cors"})
    signed_in = client_of(cast.ana).get(url, headers={**basic("", made.secret), header: "same-origin"})
    program = Client().get(url)

    assert (answer.status_code, signed_in.status_code) == (401, 401)
    assert "Basic" not in answer["WWW-Authenticate"]
    assert "Basic" in program["WWW-Authenticate"]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=40), st.binary(max_size=40).map(lambda each: b64encode(each).decode())))
def test_whatever_stands_there_is_refused_and_no_error(cast: Cast, said: str) -> None:
    said = said.encode("ascii", "replace").decode().replace("\r", "").replace("\n", "")
    headers: Any = {"Authorization": f"Basic {said}"}

    assert Client().get(f"{root_of(cast.ct)}/studies", headers=headers).status_code == 401

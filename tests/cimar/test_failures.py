"""What is answered where a page fails: 503 while the database is away or busy, and 500 for a fault of ours."""

from types import ModuleType
from typing import Any, NoReturn

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from cimar import urls

pytestmark = pytest.mark.django_db


def slow(request: HttpRequest) -> HttpResponse:
    """The database ends the statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(10)")
    return HttpResponse()


def faulty(request: HttpRequest) -> NoReturn:
    raise KeyError("Hazel Quill")


@pytest.fixture(autouse=True)
def with_pages_that_fail(settings: Any) -> None:
    module: Any = ModuleType("urls_that_fail")
    module.urlpatterns = [path("slow", slow), path("faulty", faulty), *urls.urlpatterns]
    module.handler500 = urls.handler500
    settings.ROOT_URLCONF = module


@pytest.mark.parametrize(("failing", "status", "retry"), [("slow", 503, "5"), ("faulty", 500, None)])
def test_a_program_is_told_to_ask_again_where_the_database_was_the_cause(
    failing: str, status: int, retry: str | None
) -> None:
    answer = Client(raise_request_exception=False).get(f"/{failing}")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry)
    assert "check whether it was made" in answer.content.decode()

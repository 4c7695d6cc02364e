"""What a log line holds and what it must not, and that the run of the tests finds it if it does."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings as product
from django.db import DataError, IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from pydicom import dcmread

from accounts.models import User
from cimar import logs
from cimar.demo.files import build
from cimar.demo.studies import STUDIES
from cimar.gunicorn_logs import GunicornLogger
from cimar.installation import CHECKOUT
from tests.cast import PATIENTS, Cast
from tests.plumbing.logs import search

NAME = PATIENTS[0]


def breaks(request: HttpRequest, who: str) -> HttpResponse:
    patient = who
    raise ValueError(f"{patient} was not expected")


urlpatterns = [path("broken/<str:who>/", breaks, name="broken"), path("", include("cimar.urls"))]


class Told(logging.Handler):
    """Everything that production would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.Lines())
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter([json.loads(line) for line in self.text])

    def of(self, logger: str) -> list[dict[str, Any]]:
        return [line for line in self if line["logger"] == logger]


@pytest.fixture
def told() -> Iterator[Told]:
    handler = Told()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


# --- Requests -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_has_one_line_with_its_page_and_its_person_s_number(
    cast: Cast, client: Client, told: Told
) -> None:
    client.force_login(cast.ana)

    answer = client.get(reverse("studies:study", args=[cast.placement.uuid]), {"q": NAME})

    [line] = told.of("cimar.activity_log")
    assert line | {"at": "", "ms": 0} == {
        "event": "request",
        "logger": "cimar.activity_log",
        "level": "info",
        "at": "",
        "request_id": answer["X-Request-ID"],
        "method": "GET",
        "route": "studies:study",
        "status": 200,
        "ms": 0,
        "user": cast.ana.pk,
    }


@pytest.mark.django_db
def test_who_asked_is_not_found_out_for_the_line_s_sake(
    cast: Cast, client: Client, told: Told, django_assert_num_queries: Any
) -> None:
    client.force_login(cast.ana)

    with django_assert_num_queries(0):
        client.get("/metrics", headers={"Cookie": ""})

    assert told.of("cimar.activity_log")[0]["user"] is None


MADE_BY_NGINX = "29f0db691f4741eca9be8b9bb9d98fc8"
MADE_BY_UUID = "29f0db69-1f47-41ec-a9be-8b9bb9d98fc8"


@pytest.mark.django_db
@pytest.mark.parametrize("given", [MADE_BY_NGINX, MADE_BY_UUID])
def test_our_proxy_s_id_is_kept(given: str, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    assert Client().get("/", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "given"),
    [(0, MADE_BY_NGINX), (1, "NG104711"), (1, NAME), (1, MADE_BY_NGINX + "\n"), (1, "a" * 5000), (1, "")],
)
def test_any_other_id_is_replaced(proxies: int, given: str, settings: Any, told: Told) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    made = Client().get("/", headers={"X-Request-ID": given})["X-Request-ID"]

    assert made != given
    assert len(made) == 32
    assert told.of("cimar.activity_log")[0]["request_id"] == made


@pytest.mark.django_db
def test_lines_after_a_request_do_not_carry_its_id(told: Told) -> None:
    Client().get("/")
    logging.getLogger("studies").warning("later")

    assert "request_id" not in told.of("studies")[0]


@pytest.mark.django_db
def test_a_page_that_breaks_tells_where_and_neither_whom_nor_the_address(settings: Any, told: Told) -> None:
    settings.ROOT_URLCONF = __name__

    answer = Client(raise_request_exception=False).get(f"/broken/{NAME}/", {"q": NAME})

    assert answer.status_code == 500
    [broken] = told.of("django.request")
    [request] = told.of("cimar.activity_log")
    assert (broken["event"], broken["error"]) == ("Internal Server Error", "ValueError")
    assert broken["stack"][-1].startswith("tests/cimar/test_logs.py:")
    assert broken["stack"][-1].endswith(" breaks")
    assert (broken["request_id"], broken["route"]) == (request["request_id"], "broken")
    assert (request["level"], request["status"]) == ("error", 500)
    assert "Quill" not in "".join(told.text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (f"/nothing/{NAME}", {}),
        (f"/?q={NAME}", {"Host": f"{NAME}.example"}),
        (f"/sign-in/?next={NAME}", {"Referer": NAME, "User-Agent": NAME}),
    ],
)
def test_what_a_visitor_sends_is_in_no_line(address: str, headers: dict[str, str], told: Told) -> None:
    Client(raise_request_exception=False).get(address, headers=headers)

    assert len(told.text) >= 1
    assert "Quill" not in "".join(told.text)


# --- Errors -------------------------------------------------------------------------------------------------


def line_of(error: BaseException, logger: str = "studies.somewhere") -> dict[str, Any]:
    told = Told()
    told.handle(logging.LogRecord(logger, logging.ERROR, "", 0, "it failed", (), error_info(error)))
    return json.loads(told.text[0])


def error_info(error: BaseException) -> Any:
    return type(error), error, error.__traceback__


@pytest.mark.django_db
def test_an_error_of_the_database_names_the_rule_and_not_the_row() -> None:
    User.objects.create_user("hazel.quill@example.org")

    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        User.objects.create_user("hazel.quill@example.org")

    assert "hazel.quill" in str(caught.value)
    line = line_of(caught.value)
    assert line["error"].startswith("IntegrityError from UniqueViolation (23505, ")
    assert "accounts_user" in line["error"]
    assert "hazel" not in json.dumps(line)


@pytest.mark.django_db
def test_a_parameter_that_the_database_refuses_is_not_quoted() -> None:
    with pytest.raises(DataError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [NAME])

    assert NAME in str(caught.value)
    assert "Quill" not in json.dumps(line_of(caught.value))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError(NAME), "ValueError"),
        (KeyError(NAME), "KeyError"),
        (FileNotFoundError(2, "No such file", f"/tmp/{NAME}"), "FileNotFoundError (2)"),
        (AttributeError("'NoneType' object has no attribute 'pk'"), None),
    ],
)
def test_an_error_s_text_is_shown_only_where_it_speaks_of_code(error: Exception, told: str | None) -> None:
    line = line_of(error)

    assert line["error"] == (told or "AttributeError ('NoneType' object has no attribute 'pk')")


def test_what_caused_an_error_is_named_too() -> None:
    error = RuntimeError(NAME)
    error.__cause__ = ValueError(NAME)

    assert line_of(error)["error"] == "RuntimeError from ValueError"


@pytest.mark.parametrize(
    ("logger", "message", "arguments", "event"),
    [
        ("celery.worker.request", "Task handler raised error: %r", (ValueError(NAME),), None),
        ("gunicorn.error", "Error handling request %s", (f"/studies/?q={NAME}",), "Error handling request"),
        ("gunicorn.error", "Invalid request from ip=%s: %s", ("10.1.2.3", NAME), "Invalid request from ip"),
        ("django.request", "%s: %s", ("Not Found", f"/{NAME}"), "Not Found"),
        ("django.security.DisallowedHost", f"Invalid HTTP_HOST: {NAME}", (), None),
        ("anything", ValueError(NAME), (), "ValueError"),
    ],
)
def test_what_others_loggers_quote_is_taken_out(
    logger: str, message: Any, arguments: tuple[Any, ...], event: str | None
) -> None:
    told = Told()
    told.handle(logging.LogRecord(logger, logging.ERROR, "", 0, message, arguments, None))

    [line] = told
    assert "Quill" not in told.text[0]
    assert event in {None, line["event"]}


def test_what_a_failed_task_was_given_is_taken_out() -> None:
    """As django-structlog puts it."""
    given = {
        "event": "task_failed",
        "error": NAME,
        "exception": ValueError(NAME),
        "result": NAME,
        "task_id": "1",
    }

    assert logs.without_values(None, "error", given) == {
        "event": "task_failed",
        "error": "ValueError",
        "stack": [],
        "task_id": "1",
    }


def test_what_is_no_plain_value_is_named_and_not_shown(told: Told) -> None:
    structlog.get_logger("studies").warning("odd", study=Path(NAME))

    assert told.of("studies")[0]["study"] == "PosixPath"


def test_readable_lines_say_the_same() -> None:
    record = logging.LogRecord("studies", logging.ERROR, "", 0, "it failed", (), error_info(ValueError(NAME)))

    line = logs.Lines(readable=True).format(record)

    assert line.endswith("ERROR   studies: it failed error=ValueError")


# --- Settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "ERROR"])
def test_no_level_makes_statements_print_their_parameters(level: str) -> None:
    config = logs.config(readable=False, level=level)

    assert config["loggers"]["django.db.backends"]["level"] == "WARNING"
    assert config["loggers"]["celery.app.trace"]["level"] == "CRITICAL"
    assert config["root"]["level"] == level


def test_these_are_the_settings_and_everything_goes_through_one_handler() -> None:
    assert product.LOGGING["loggers"] == logs.config(readable=False, level="INFO")["loggers"]
    assert list(product.LOGGING["handlers"]) == ["console"]
    assert {name for name, logger in product.LOGGING["loggers"].items() if not logger["propagate"]} == set()
    assert logging.getLogger("django.db.backends").level == logging.WARNING


def test_gunicorn_and_the_settings_log_alike(monkeypatch: Any) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/cimar")

    assert logs.from_environment() == logs.config(readable=False, level="INFO")
    assert GunicornLogger.access is not None


# --- Slow statements ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_slow_statement_is_told_with_placeholders_and_the_page_it_is_of(
    cast: Cast, client: Client, settings: Any, told: Told
) -> None:
    client.force_login(cast.ana)
    settings.CIMAR_SLOW_QUERY_MS = 0

    client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": "Quill"}, follow=True)

    slow = told.of("cimar.slow_statement")
    # What is read before the page is known, such as the session, is told without one.
    assert {line.get("route") for line in slow} == {None, "studies:search", "studies:worklist"}
    assert {len(line["request_id"]) for line in slow} == {32}
    assert any("%s" in line["sql"] for line in slow)
    assert "quill" not in "".join(told.text).lower()


@pytest.mark.django_db
def test_a_quick_statement_is_not_told(cast: Cast, client: Client, settings: Any, told: Told) -> None:
    client.force_login(cast.ana)
    settings.CIMAR_SLOW_QUERY_MS = 60_000

    client.get(reverse("studies:worklist", args=[cast.ct.uuid]))

    assert told.of("cimar.slow_statement") == []


# --- The whole run ------------------------------------------------------------------------------------------


def accession() -> str:
    study = STUDIES[0]
    data = build(study, study.files[0], day=date(2026, 11, 24), institution="Northgate Hospital")
    return str(dcmread(BytesIO(data)).AccessionNumber)


@pytest.mark.parametrize(
    "leak",
    [
        pytest.param(lambda: "opened quill^hazel", id="the cast, in small letters"),
        pytest.param(lambda: "Magnus Ferry", id="the other of the cast"),
        pytest.param(lambda: "Key (patient_id)=(MRN000123) already exists", id="a number of the factories"),
        pytest.param(lambda: f"/studies/?q={STUDIES[0].patient.name}", id="the demo, in an address"),
        pytest.param(lambda: STUDIES[0].patient_id, id="a number of the demo"),
        pytest.param(lambda: f"born {STUDIES[0].patient.born}", id="a birth date"),
        pytest.param(lambda: "datetime 1947-03-12", id="a birth date as Python writes it"),
        pytest.param(accession, id="an accession number"),
    ],
)
def test_a_patient_in_a_line_is_found_and_the_report_does_not_repeat_it(leak: Any, tmp_path: Path) -> None:
    words = leak()
    (tmp_path / "1.log").write_text(f"nothing here\n{words} said studies\n")

    [finding] = search(tmp_path)

    assert (finding.file, finding.number) == ("1.log", 2)
    assert "▇▇▇" in finding.line
    assert words not in str(finding)


def test_a_line_without_a_patient_is_not_found(tmp_path: Path) -> None:
    fine = ["Hazelnut", "quilled", "request 194703125", "MRN0001234", "ana.moreau@northgate.example"]
    (tmp_path / "1.log").write_text("\n".join(fine))

    assert search(tmp_path) == []


LEAKS = """
import logging

def test_it_passes():
    logging.getLogger("studies.ingest").{level}("took in %s", "{what}")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "what", "status"),
    [("debug", NAME, 1), ("warning", "a study", 0)],
)
def test_a_run_whose_tests_all_pass_fails_for_a_patient_in_a_line(
    level: str, what: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "test_leak.py").write_text(LEAKS.format(level=level, what=what))

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "--rootdir", ".", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in run.stdout
    assert run.returncode == status, run.stdout + run.stderr
    assert ('"studies.ingest"' in run.stdout, "▇▇▇" in run.stdout) == (bool(status), bool(status))
    assert "Quill" not in run.stdout

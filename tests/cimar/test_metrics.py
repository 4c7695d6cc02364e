"""What Prometheus may know, who may ask, and that the dashboard and the alerts ask for what there is."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import DataError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import OutboxMail
from accounts.selectors import outbox_numbers
from cimar import metrics
from cimar.activity_log import watch_statement
from cimar.installation import CHECKOUT
from cimar.metrics import facts
from cimar.metrics.worker import answer as worker_answers
from sharing import services
from sharing.models import Method
from sharing.selectors.numbers import settlement_overdue_since
from sharing.targets import Target
from studies.models import Blob, Upload
from studies.selectors.numbers import ingest_numbers
from tests.cast import Cast, acting, make_cast
from tests.mail_server import MailServer
from tests.processes import Process, Site, Visitor, eventually, mail, site

__all__ = ["mail", "site"]

TOKEN = "a token of the tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DASHBOARD = json.loads((CHECKOUT / "deploy" / "grafana-dashboard.json").read_text())
ALERTS = yaml.safe_load((CHECKOUT / "deploy" / "prometheus-alerts.yml").read_text())
EXPLAINED = (CHECKOUT / "docs" / "monitoring.md").read_text()


@pytest.fixture
def token(settings: Any) -> None:
    settings.CIMAR_METRICS_TOKEN = TOKEN


Sample = tuple[str, frozenset[tuple[str, str]]]


def samples(text: str) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape() -> dict[Sample, float]:
    answer = Client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return samples(answer.content.decode())


@pytest.fixture
def grew(token: None, db: None) -> Callable[..., float]:
    """By how much a number grew since the beginning of the test."""
    before = scrape()

    def by(name: str, **labels: str) -> float:
        key = name, frozenset(labels.items())
        return scrape().get(key, 0) - before.get(key, 0)

    return by


# --- Who may ask --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}, {"Authorization": ""}]
)
def test_without_the_token_nothing_is_there(token: None, headers: dict[str, str]) -> None:
    asked, nowhere = (Client().get(url, headers=headers) for url in ("/metrics", "/metricz"))

    assert (asked.status_code, asked.content) == (404, nowhere.content)


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}])
def test_where_no_token_is_set_nobody_may_ask(settings: Any, headers: dict[str, str]) -> None:
    settings.CIMAR_METRICS_TOKEN = ""

    assert Client().get("/metrics", headers=headers).status_code == 404


@pytest.mark.django_db
def test_a_scrape_needs_no_host_name_and_no_https(token: None, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["studies.hospital.example"]

    assert Client().get("/metrics", headers={**BEARER, "Host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        ("/metrics", f"Bearer {TOKEN}", "200 OK"),
        ("/metrics", "Bearer wrong", "404 Not Found"),
        ("/metrics", "", "404 Not Found"),
        ("/", f"Bearer {TOKEN}", "404 Not Found"),
    ],
)
def test_a_worker_asks_for_the_token_too(token: None, path: str, authorization: str, status: str) -> None:
    told: list[str] = []

    worker_answers(
        {"PATH_INFO": path, "HTTP_AUTHORIZATION": authorization}, lambda s, headers: told.append(s)
    )

    assert told == [status]


# --- What is counted ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_are_counted_by_the_page_s_name_never_by_its_address(
    cast: Cast, client: Client, grew: Callable[..., float]
) -> None:
    client.force_login(cast.ana)
    client.get(reverse("studies:study", args=[cast.placement.uuid]))
    client.get("/nothing/of/the/kind")
    client.generic("PURGE", "/nothing/of/the/kind")

    assert grew("cimar_request_seconds_count", route="studies:study", method="GET", status="200") == 1
    assert grew("cimar_request_seconds_count", route="unknown", method="GET", status="404") == 1
    assert grew("cimar_request_seconds_count", route="unknown", method="other", status="404") == 1
    assert str(cast.placement.uuid) not in metrics.text(facts=True)[0].decode()


@pytest.mark.django_db
def test_shares_are_counted_by_method_and_outcome_once_they_are_committed(
    cast: Cast, grew: Callable[..., float], django_capture_on_commit_callbacks: Any
) -> None:
    targets = [Target(Method.LOCATION, str(cast.emergency.uuid)), Target(Method.CODE, "NOSUCHCODE")]

    with django_capture_on_commit_callbacks(execute=True):
        services.share_studies(placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana))
        assert grew("cimar_shares_total", method="location", outcome="shared") == 0

    assert grew("cimar_shares_total", method="location", outcome="shared") == 1
    assert grew("cimar_shares_total", method="code", outcome="refused") == 1
    assert grew("cimar_audit_events_total", action="study:share:add", outcome="success") == 1


@pytest.mark.django_db
def test_what_is_undone_is_not_counted(
    cast: Cast, grew: Callable[..., float], django_capture_on_commit_callbacks: Any
) -> None:
    target = Target(Method.LOCATION, str(cast.emergency.uuid))

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        services.share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))
        transaction.set_rollback(True)

    assert grew("cimar_audit_events_total", action="study:share:add", outcome="success") == 0


@pytest.mark.django_db
def test_failed_sign_ins_are_counted(
    cast: Cast, client: Client, grew: Callable[..., float], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("account_login"), {"login": cast.ana.email, "password": "wrong"})

    assert grew("cimar_audit_events_total", action="account:session:refuse", outcome="failed") == 1


@pytest.mark.django_db
def test_failed_statements_are_counted_by_their_kind(grew: Callable[..., float], client: Client) -> None:
    with (
        connection.execute_wrapper(watch_statement),
        pytest.raises(DataError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 / %s", [0])

    assert grew("cimar_database_errors_total", error="DataError") == 1


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_read_from_the_database(token: None, clock: Any) -> None:
    cast = make_cast()
    OutboxMail.objects.create(kind="invitation", recipient="dora@example.net", attempts=6)
    OutboxMail.objects.create(
        kind="invitation",
        recipient="emil@example.net",
        dropped_at=clock.now(),
        dropped_as=OutboxMail.Dropped.GIVEN_UP,
    )
    Upload.objects.create(worklist=cast.ct, by=cast.ana)
    Blob.objects.create(sha256="a" * 64, size=1)
    target = Target(Method.LOCATION, str(cast.emergency.uuid))
    services.share_studies(
        placements=[cast.placement.uuid],
        targets=[target],
        by=acting(cast.ana),
        expires_at=clock.now() + timedelta(days=1),
    )

    clock.move(days=1, minutes=10)
    now = scrape()

    def found(name: str) -> float:
        return now[name, frozenset()]

    assert found("cimar_database_up") == found("cimar_broker_up") == 1
    assert found("cimar_mails_waiting") == found("cimar_mails_struggling") == 1
    assert found("cimar_mails_given_up") == found("cimar_uploads_waiting") == 1
    assert found("cimar_previews_waiting") == 1
    a_day, ten_minutes = 86_400, 600
    assert a_day < found("cimar_mail_oldest_due_seconds") < a_day + 2 * ten_minutes
    assert a_day < found("cimar_upload_oldest_seconds") < a_day + 2 * ten_minutes
    assert ten_minutes <= found("cimar_settlement_overdue_seconds") < 2 * ten_minutes


@pytest.mark.django_db
def test_where_nothing_waits_the_numbers_are_nought(token: None) -> None:
    waiting = {name: value for (name, _), value in scrape().items() if name in facts.NAMES}

    assert waiting == dict.fromkeys(facts.NAMES, 0)


@pytest.mark.django_db
def test_reading_the_facts_reads_no_whole_table() -> None:
    """With the whole-table scan made dear, a part without an index of its own would still have to take it."""
    with CaptureQueriesContext(connection) as captured:
        outbox_numbers(), ingest_numbers(), settlement_overdue_since()
    statements = [query["sql"] for query in captured.captured_queries]
    assert len(statements) == 10
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, f"{statement}\n{plan}"


@pytest.mark.django_db
def test_with_the_database_gone_the_scrape_says_so_and_keeps_counting(
    token: None, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))

    now = scrape()

    assert now["cimar_database_up", frozenset()] == 0
    assert ("cimar_mails_waiting", frozenset()) not in now
    assert ("cimar_slow_statements_total", frozenset()) in now


# --- Many processes -----------------------------------------------------------------------------------------


def in_a_process(script: str, folder: Path) -> str:
    environment = {"DJANGO_SETTINGS_MODULE": "cimar.settings", "CIMAR_PROFILE": "test", "PATH": ""}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env={**environment, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


COUNTS = "import os; from cimar import metrics as m; m.numbers.SLOW_STATEMENTS.inc(); m.forget(os.getpid())"
READS = "from cimar import metrics as m; {}print(m.text(facts=False)[0].decode())"


def test_what_a_process_counted_stays_when_it_ends_and_goes_when_the_service_starts_anew(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "made when it is needed"
    in_a_process(COUNTS, folder)
    in_a_process(COUNTS, folder)

    assert "cimar_slow_statements_total 2.0" in in_a_process(READS.format(""), folder)
    assert "cimar_slow_statements_total 2.0" not in in_a_process(READS.format("m.begin(); "), folder)


@pytest.fixture
def measured(site: Site, tmp_path: Path) -> Site:
    """Two web processes and two of a worker, each service with a folder of its own."""
    make_cast()
    site.environment |= {
        "CIMAR_METRICS_TOKEN": TOKEN,
        "CIMAR_WORKER_METRICS_PORT": str(MailServer().port),  # a free one
        "CIMAR_LOG_FORMAT": "json",
        "CIMAR_LOG_LEVEL": "DEBUG",
    }
    return site


def ask(port: int) -> dict[Sample, float]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=BEARER)
    with suppress(OSError), urllib.request.urlopen(request) as answer:
        return samples(answer.read().decode())
    return {}  # not up yet


@pytest.mark.process
@pytest.mark.slow
def test_any_process_answers_for_all_and_a_request_is_traced_into_its_task(
    measured: Site, tmp_path: Path
) -> None:
    site, environment = measured, dict(measured.environment)
    site.environment = {
        **environment,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "web"),
        "WEB_CONCURRENCY": "2",
    }
    web = site.web()
    site.environment = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "worker")}
    worker = site.worker()
    pages = (
        "cimar_request_seconds_count",
        frozenset({"route": "account_login", "method": "GET", "status": "200"}.items()),
    )

    for _ in range(20):
        Visitor(site.port).get(reverse("account_login"))
    counted = {ask(site.port)[pages] for _ in range(6)}

    assert counted == {20}
    eventually(lambda: ask(int(environment["CIMAR_WORKER_METRICS_PORT"])) or None)
    visitor = Visitor(site.port)
    visitor.get(reverse("account_reset_password"))
    visitor.post(reverse("account_reset_password"), email="ana@example.org")
    done = "cimar_task_seconds_count", frozenset({"task": "accounts.deliver_mail", "outcome": "done"}.items())
    eventually(lambda: ask(int(environment["CIMAR_WORKER_METRICS_PORT"])).get(done))
    [asked] = [line for line in lines(web) if line.get("method") == "POST"]
    [carried_out] = [line for line in lines(worker) if line["event"] == "task_succeeded"]
    assert carried_out["request_id"] == asked["request_id"]
    assert (carried_out["task"], carried_out["route"]) == ("accounts.deliver_mail", "account_reset_password")


def lines(process: Process) -> list[dict[str, Any]]:
    """All of it is JSON: gunicorn's, Celery's and ours."""
    return [json.loads(line) for line in process.log.read_text().splitlines()]


# --- The dashboard and the alerts ---------------------------------------------------------------------------


def asked_for(expression: str) -> set[str]:
    return set(re.findall(r"\bcimar_\w+", expression))


@pytest.fixture
def there(token: None, db: None) -> set[str]:
    """Every name a query may use; a number with labels shows none until it was counted once."""
    text = Client().get("/metrics", headers=BEARER).content.decode()
    names: set[str] = set()
    for family in text_string_to_metric_families(text):
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        names |= {family.name + end for end in ends}
    return names


def test_the_dashboard_asks_for_what_there_is(there: set[str]) -> None:
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]

    assert len(expressions) > 10
    assert set().union(*map(asked_for, expressions)) - there == set()


def test_the_alerts_ask_for_what_there_is(there: set[str]) -> None:
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]

    assert len(rules) > 5
    assert set().union(*(asked_for(rule["expr"]) for rule in rules)) - there == set()


def test_every_alert_says_what_to_do() -> None:
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]

    assert [rule["alert"] for rule in rules if f"### {rule['alert']}\n" not in EXPLAINED] == []
    assert [rule["alert"] for rule in rules if set(rule["annotations"]) != {"summary", "what_to_do"}] == []


def test_every_number_is_explained(there: set[str]) -> None:
    ours = {name for name in there if name.startswith("cimar_")}
    short = {re.sub(r"_(bucket|count|sum)$", "", name) for name in ours}

    assert {name for name in short if f"`{name}`" not in EXPLAINED} == set()


def test_the_dashboard_imports() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]

    assert len(ids) == len(set(ids))
    assert {"uid", "title", "schemaVersion", "panels", "templating", "time"} <= set(DASHBOARD)
    assert {panel["type"] for panel in DASHBOARD["panels"]} <= {"row", "stat", "timeseries", "table"}
    assert [panel["title"] for panel in DASHBOARD["panels"] if "gridPos" not in panel] == []

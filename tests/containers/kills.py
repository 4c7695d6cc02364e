"""What can die does so in turn, by SIGKILL, while people share. The engine starts it again, and nothing is lost.

The processes of a container are killed from outside, as the kernel does when memory is short: what a person stops with
the engine's own command stays stopped by every restart policy.
"""

import http.client
import json
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.containers import sharing, steps
from tests.containers.engine import Failed
from tests.containers.installation import Installation
from tests.containers.people import Person

VICTIMS = ("web", "worker", "pgbouncer", "valkey", "postgres")
SHARERS = 2
PROGRESS = 2  # presses of each sharer before the next container is killed
PATIENCE = 120  # seconds
MOST = 90  # presses of a sharer: fewer than emails an hour
BETWEEN = 0.3  # seconds
# A mail that a killed worker had claimed is free again after two minutes; emails wait half a minute for an Undo.
MAILS = 240  # seconds
# What the rows say, asked of the database itself.
ROWS = """
import json, django; django.setup()
from audit.models import AuditEvent
from sharing.models import Share
shares = Share.objects.filter(email__endswith="@kills.example")
print(json.dumps({
    "there": list(shares.filter(ended_at=None).values_list("email", flat=True)),
    "shares": [str(uuid) for uuid in shares.values_list("uuid", flat=True)],
    "events": [str(uuid) for uuid in AuditEvent.objects.filter(
        action="study:share:add", share_uuid__in=shares.values("uuid")).values_list("share_uuid", flat=True)],
}))
"""


@dataclass(eq=False)
class Sharer(threading.Thread):
    """Shares one study with one person after the other until told to stop; asks again until each press is answered."""

    installation: Installation
    study: str
    number: int
    enough: threading.Event = field(default_factory=threading.Event)
    told: list[str] = field(default_factory=list)
    # What came instead of an answer, while something was dead.
    mishaps: Counter[str] = field(default_factory=Counter)
    # Answers that no outage excuses.
    lies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        person = None
        for number in range(MOST):
            email = f"{time.time_ns():x}-{self.number}-{number}@kills.example"
            while email not in self.told and not self.enough.is_set():
                try:
                    person = person or steps.sign_in(self.installation, sharing.SHARER, sharing.PASSWORD)
                    if self._press(person, email):
                        self.told.append(email)
                except (Failed, OSError, http.client.HTTPException) as error:
                    status = person.page.status if isinstance(error, Failed) and person else 0
                    self.mishaps[str(status) if status >= 500 else type(error).__name__] += 1
                self.enough.wait(BETWEEN)
            if self.enough.is_set():
                return

    def _press(self, person: Person, email: str) -> bool:
        person.get(f"/share/?placement={self.study}")
        _, values = person.page.form("press")
        page = person.post("/share/studies/", {**values, "placement": self.study, "email": email})
        if "What was shared" not in page.text or "refused" in page.words.casefold():
            self.lies.append(f"no report of a share: {page.words[:500]}")
        return True


def nothing_is_lost(installation: Installation) -> list[str]:
    at = sharing.people(installation)
    person = steps.sign_in(installation, sharing.SHARER, sharing.PASSWORD)
    studies = [
        sharing.upload(person, at["Radiology"], PatientID=f"MRN{time.time_ns() % 10**9}")
        for _ in range(SHARERS)
    ]
    sharers = [Sharer(installation, study, number) for number, study in enumerate(studies)]
    for sharer in sharers:
        sharer.start()
    try:
        _progress(sharers)
        outages = [_outage(installation, service, sharers) for service in VICTIMS]
    finally:
        for sharer in sharers:
            sharer.enough.set()
        for sharer in sharers:
            sharer.join(PATIENCE)
    installation.wait_until_healthy()
    told = [email for sharer in sharers for email in sharer.told]
    if lies := [lie for sharer in sharers for lie in sharer.lies]:
        raise Failed(f"an outage was answered with a page that is not true: {lies[:3]}")
    mishaps = sum((sharer.mishaps for sharer in sharers), Counter[str]())
    return [
        *outages,
        f"instead of an answer, until it was asked again: {dict(mishaps) or 'nothing'}",
        _rows_are_there(installation, told),
        _mails_came(installation, told),
    ]


def _outage(installation: Installation, service: str, sharers: list[Sharer]) -> str:
    """The first container of the service, with all its processes; then it runs again by its own policy."""
    before = _shown(installation, service)
    name, killed = before["Name"], time.monotonic()
    os.kill(before["State"]["Pid"], signal.SIGKILL)
    installation.wait(
        lambda: _runs_again(installation, name, before),
        lambda: f"{name} was killed and was not started again: {_state(installation, name)}",
        PATIENCE,
    )
    back = time.monotonic() - killed
    _progress(sharers)
    return (
        f"{service}: started again after {back:.1f} s, all shared on after {time.monotonic() - killed:.1f} s"
    )


def _progress(sharers: list[Sharer]) -> None:
    aims = {sharer: len(sharer.told) + PROGRESS for sharer in sharers}
    until = time.monotonic() + PATIENCE
    while any(len(sharer.told) < aim for sharer, aim in aims.items()):
        if time.monotonic() > until:
            raise Failed(f"sharing did not go on: {[dict(sharer.mishaps) for sharer in sharers]}")
        time.sleep(0.2)


def _shown(installation: Installation, service: str) -> dict[str, Any]:
    names = [name for name, one in installation.containers().items() if one["service"] == service]
    (shown,) = yaml.safe_load(installation.engine.podman("inspect", min(names)))
    return dict(shown)


def _state(installation: Installation, name: str) -> dict[str, Any]:
    (shown,) = yaml.safe_load(installation.engine.podman("inspect", name))
    return dict(shown["State"])


def _runs_again(installation: Installation, name: str, before: dict[str, Any]) -> bool:
    state = _state(installation, name)
    return bool(state["Running"]) and state["Pid"] not in (0, before["State"]["Pid"])


def _rows_are_there(installation: Installation, told: list[str]) -> str:
    rows = json.loads(
        installation.shell(f"docker compose exec -T worker python -c '{ROWS}'").splitlines()[-1]
    )
    if missing := set(told) - set(rows["there"]):
        raise Failed(f"told as done and not there: {sorted(missing)}")
    if sorted(rows["shares"]) != sorted(rows["events"]):
        raise Failed(f"{len(rows['shares'])} shares have {len(rows['events'])} events in the audit")
    for check in ("check_placements", "check_access"):
        installation.compose(f"run --rm -T migrate python manage.py {check}")
    return f"{len(told)} shares told as done: each is there, with its one event in the audit"


def _mails_came(installation: Installation, told: list[str]) -> str:
    """One for each, at least; a second one is named."""
    installation.wait(
        lambda: not set(told) - set(installation.mails.recipients()),
        lambda: f"no mail came to {sorted(set(told) - set(installation.mails.recipients()))}",
        MAILS,
    )
    counted = Counter(to for to in installation.mails.recipients() if to in told)
    twice = sorted(to for to, number in counted.items() if number > 1)
    return f"{len(counted)} mails, a second time to {', '.join(twice) or 'no one'}"

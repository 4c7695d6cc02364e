"""What the container's health check asks a receiver, and that asking leaves no trace."""

import importlib.util
import socket
from pathlib import Path
from typing import Any

import pytest

from audit.models import AuditEvent
from cimar.installation import CHECKOUT
from cimar.management.commands.receive_dicom import tls_context
from tests.bad_files import dicom_storage
from tests.cast import Cast
from tests.dimse.calling import running
from tests.dimse.test_tls import Authority

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def health() -> Any:
    """The script of the check, which no package holds."""
    spec = importlib.util.spec_from_file_location("health", CHECKOUT / "deploy" / "health.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_receiver_that_answers_is_healthy_and_records_nothing(
    health: Any, cast: Cast, dicom_storage: Path
) -> None:
    counted: list[Any] = []
    events = AuditEvent.objects.count()

    with running(counted=counted) as port:
        status = health.main(f"dimse://127.0.0.1:{port}")

    assert status == 0
    assert counted == []
    assert AuditEvent.objects.count() == events


def test_a_receiver_with_tls_is_asked_by_tls(
    health: Any,
    cast: Cast,
    dicom_storage: Path,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.CIMAR_DIMSE_TLS = True
    settings.CIMAR_DIMSE_CERTIFICATE_FILE, settings.CIMAR_DIMSE_KEY_FILE = Authority(tmp_path, "ours").sign(
        "receiver"
    )
    monkeypatch.setenv("CIMAR_DIMSE_TLS", "on")

    with running(tls=tls_context()) as port:
        status = health.main(f"dimse://127.0.0.1:{port}")

    assert status == 0


def test_a_receiver_that_is_stuck_is_unhealthy(health: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.2)

    with socket.create_server(("127.0.0.1", 0)) as stuck:
        status = health.main(f"dimse://127.0.0.1:{stuck.getsockname()[1]}")

    assert status == 1

"""When the audit cannot be written, nothing was done: every service, with an audit table that really refuses."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction
from django.test import TransactionTestCase

import accounts.services
import audit.services
import sharing.services
import studies.services
import worklists.services
from audit.actor import SYSTEM_NAME
from audit.models import AuditEvent
from studies.models import Study, UploadedFile
from studies.services import uploads
from tests.cast import IP_ADDRESS
from tests.everything import World, make_world
from tests.factories import waiting_bytes
from tests.fingerprint import fingerprint
from tests.plumbing import database
from tests.product.service_calls import ROWS
from tests.product.services_without_call import NOBODYS_DEED, NOT_A_DEED, PART_OF_A_DEED

OUT_OF_ORDER = "the audit is out of order"
BREAK = f"""
CREATE FUNCTION out_of_order() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{OUT_OF_ORDER}'; END $$;
CREATE TRIGGER out_of_order BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION out_of_order();
"""
MEND = "DROP TRIGGER out_of_order ON audit_auditevent; DROP FUNCTION out_of_order()"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Committed, and made once: what fails leaves it as it was, which is what these tests are about."""
    with django_db_blocker.unblock():
        yield make_world()
        TransactionTestCase._fixture_teardown(None)


# What is committed before the deed on purpose, and by what right.
A_TRY = {"accounts_invitation"}  # a try at a code counts, whatever comes of it: that is what a try is
BYTES = {"studies_blob"}  # bytes are kept by their hash before anything refers to them; no page shows them
STAYS = {
    "accounts.registration.prove_code": A_TRY,
    "sharing.registration.register_invited": A_TRY,
    # A try at its password counts as well.
    "sharing.guest_visits.open_link with a wrong password": {"sharing_guestlink"},
    "studies.ingest.carry_in": BYTES,
    "studies.ingest.take_in_all": BYTES,
    "studies.receiving.store_received": BYTES,
    # Bytes that are gone are noted as gone, and the line about it is written by the next sweep.
    "studies.leftovers.sweep_leftovers": {"studies_leftover"},
    # The claim a worker took on the sending runs out, and the next worker ends it.
    "studies.sending_out.send_waiting": {"studies_sending"},
    # The claim a worker took on the upload runs out, and the next one takes it in.
    "studies.uploads.ingest_waiting": BYTES | {"studies_upload"},
}


@contextmanager
def broken_audit() -> Iterator[None]:
    with database.owner(connection.settings_dict["NAME"]) as owner:
        owner.execute(BREAK)
        try:
            yield
        finally:
            owner.execute(MEND)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_without_its_audit_a_deed_is_not_done(world: World, name: str) -> None:
    stays = STAYS.get(name, set())
    before, bytes_before = fingerprint(but=stays), waiting_bytes()

    with broken_audit(), pytest.raises(DatabaseError, match=OUT_OF_ORDER):
        ROWS[name](world)

    assert fingerprint(but=stays) == before
    assert waiting_bytes() == bytes_before


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves no row. As in Django's own test cases, a durable transaction may stand in it."""
    inside = transaction.atomic()
    inside._from_testcase = True  # type: ignore[attr-defined]
    with inside:
        yield
        transaction.set_rollback(True)


# No path in this world is long enough to be folded, so there is nothing to unfold and no event. Files that are taken in
# are not undone; tests of uploads look at those events.
WITHOUT_EVENT = {"sharing.reads.read_access_path", "studies.uploads.ingest_waiting"}


@pytest.mark.parametrize("name", sorted(ROWS.keys() - WITHOUT_EVENT))
def test_every_event_says_from_where_and_under_which_role(world: World, name: str) -> None:
    before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]

    with undone():
        with suppress(ValidationError):  # a refusal is recorded as well
            ROWS[name](world)
        events = list(AuditEvent.objects.filter(pk__gt=before))

    assert events
    assert [
        event for event in events if event.ip_address != IP_ADDRESS and event.by_label != SYSTEM_NAME
    ] == []
    placed = [event for event in events if event.by_id and (event.account_id or event.worklist_id)]
    assert [event for event in placed if not event.role_label] == []


def test_an_upload_that_met_a_broken_audit_arrives_when_it_is_mended(world: World) -> None:
    mine = {
        Path(storages["dicom"].path(uploaded_file.key))
        for uploaded_file in UploadedFile.objects.exclude(key="")
    }
    assert mine <= waiting_bytes()
    _let_claims_run_out()
    with broken_audit(), pytest.raises(DatabaseError, match=OUT_OF_ORDER):
        uploads.ingest_waiting()
    arrived = Study.objects.count()
    _let_claims_run_out()

    uploads.ingest_waiting()

    assert Study.objects.count() == arrived + 1
    assert not mine & waiting_bytes()


def _let_claims_run_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE studies_upload SET claimed_until = statement_timestamp() - interval '1 second'"
        )


def services_of(package: Any) -> Iterator[str]:
    """Every public function that a services package or one of its modules defines."""
    path = getattr(package, "__path__", [])
    inside = [
        importlib.import_module(found.name) for found in pkgutil.iter_modules(path, f"{package.__name__}.")
    ]
    for module in [package, *inside]:
        for name, value in vars(module).items():
            defined = getattr(value, "__module__", "") == module.__name__
            if inspect.isfunction(value) and defined and not name.startswith("_"):
                yield f"{module.__name__.replace('.services', '')}.{name}"


def test_every_service_has_a_row_or_a_reason_why_not() -> None:
    packages = [audit.services, accounts.services, worklists.services, studies.services, sharing.services]
    found = {name for package in packages for name in services_of(package)}
    rows = {name.partition(" ")[0] for name in ROWS}
    exempt = NOT_A_DEED | PART_OF_A_DEED | NOBODYS_DEED

    assert sorted(found - rows - exempt) == [], "without a row in ROWS and without a reason"
    assert not (rows | exempt) - found, "there is no such service any more"
    assert not rows & exempt

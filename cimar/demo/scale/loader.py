"""Fills a prepared database with generated studies, as its owner, in one transaction."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection, transaction

from audit import clock
from cimar.demo.scale import directory, images, names
from cimar.demo.scale.chunks import COLUMNS, Plan
from cimar.demo.scale.making import begin, make
from cimar.demo.scale.names import Names
from cimar.demo.scale.sizes import CHUNK, FEWEST, Sizes
from cimar.demo.scale.tables import Tables, count_where
from cimar.embedded.places import Places
from cimar.installation import OWNER_ROLE
from studies.models import Study
from studies.services import render_previews

MAKERS = 2
AHEAD = 3  # chunks made and not yet loaded: about 100 MB each
CHECKED = 50  # of so many rows one is worked out anew by the database's own functions

_WRONG_KEYS = """
SELECT count(*) FROM studies_placement p
JOIN studies_study s ON s.id = p.study_id JOIN worklists_worklist w ON w.id = p.worklist_id
WHERE s.id >= %s AND s.id %% %s = 0 AND (
    p.uuid, p.is_home, p.study_date, p.study_time, p.name_key, p.name_words, p.mrn_key, p.accession_key,
    p.modalities
) IS DISTINCT FROM (
    placement_uuid(s.uuid, w.uuid), s.home_id = w.id, COALESCE(s.study_date, DATE '0001-01-01'),
    dicom_time(s.study_time_raw), name_key(s.patient_name), name_words(s.patient_name), upper(btrim(s.patient_id)),
    upper(btrim(s.accession_number)), s.modalities)
"""
_WRONG_HOMES = """
SELECT count(*) FROM studies_study s JOIN worklists_worklist w ON w.id = s.home_id WHERE w.kind = 'personal'
"""
_WITHOUT_SHARE = """
SELECT count(*) FROM studies_placement p WHERE NOT p.is_home AND NOT EXISTS (
    SELECT FROM sharing_share s
    WHERE s.study_id = p.study_id AND s.to_worklist_id = p.worklist_id AND s.ended_at IS NULL)
"""
# What the trigger of shares would have written, had it not been put away.
_REGISTER = """
INSERT INTO sharing_registeredshare (account_id, share_id, method, is_outside)
SELECT DISTINCT each.account_id, s.id, s.method,
    s.method = 'email' OR (s.method = 'code' AND NOT COALESCE(f.account_id = t.account_id, FALSE))
FROM sharing_share s
JOIN worklists_worklist f ON f.id = s.from_worklist_id
LEFT JOIN worklists_worklist t ON t.id = s.to_worklist_id
JOIN studies_study st ON st.id = s.study_id
JOIN worklists_worklist h ON h.id = st.home_id
LEFT JOIN audit_auditevent e ON e.study_id = s.study_id AND e.share_uuid = s.uuid
    AND e.action = 'study:share:add' AND e.in_original
CROSS JOIN LATERAL (
    VALUES (f.account_id), (t.account_id), (s.account_id),
        (CASE WHEN e.id IS NOT NULL THEN h.account_id END)) each (account_id)
WHERE each.account_id IS NOT NULL AND st.id >= %s
ON CONFLICT DO NOTHING
"""


class CannotLoad(Exception):
    """Why not, as a sentence."""


@dataclass
class Loading:
    """Says what is done and how long it has taken so far."""

    write: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        self.write(f"{time.monotonic() - self.began:7.1f} s  {line}")


def load(number: int, write: Callable[[str], None]) -> None:
    loading = Loading(write)
    sizes = Sizes(number)
    with _as_owner():
        _check(number)
        with transaction.atomic():
            loading.say(
                f"{sizes.people:,} people, {sizes.hospitals + 1} accounts, and who has which role where"
            )
            plan = _plan(sizes)
            blobs = images.store()
            _fill(plan, loading)
            added = images.add_instances(connection.connection, blobs, sizes, plan.first_id)
            loading.say(f"{added:,} instances in the {sizes.with_images:,} studies that have images")
        loading.say("previews of the few files they share")
        render_previews(blob_ids=[blob.pk for blob in blobs])
        loading.say("VACUUM ANALYZE")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    loading.say(f"done: {number:,} studies")


@contextmanager
def _as_owner() -> Iterator[None]:
    """Putting constraints away is the owner's right, not the application's; the private server takes both by name."""
    before = dict(connection.settings_dict)
    if before["HOST"] == str(Places(settings.CIMAR_PROFILE).sockets):
        connection.close()
        connection.settings_dict["USER"] = OWNER_ROLE
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def _check(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE relname = 'studies_study'"
        )
        if not cursor.fetchone()[0]:
            raise CannotLoad(
                "Generated data is loaded by the owner of the database: set CIMAR_DATABASE_ROLE=owner for this "
                "command, with DATABASE_OWNER_URL."
            )
    if number < FEWEST:
        raise CannotLoad(f"Generated data begins at {FEWEST:,} studies; smaller is the ordinary demo.")
    if directory.is_there():
        raise CannotLoad(
            "This database holds generated data already, and a share is never deleted. To begin anew, drop the "
            "database (of a private server: remove the profile's folder under .cimar/), make it again and run "
            "`manage.py prepare` first."
        )


def _plan(sizes: Sizes) -> Plan:
    made = directory.make(sizes)
    written, sexes, likely = names.invent()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name_key(name), name_words(name) FROM unnest(%s::text[]) WITH ORDINALITY AS n (name, at) "
            "ORDER BY at",
            [written],
        )
        keys = cursor.fetchall()
    last = Study.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    now = int(clock.now().timestamp()) - 60
    return Plan(sizes.studies, last + 1, now, made, Names(written, sexes, keys, likely))


def _fill(plan: Plan, loading: Loading) -> None:
    raw = connection.connection
    tables = Tables(raw, COLUMNS)
    tables.put_away()
    chunks = -(-plan.studies // CHUNK)
    for number, rows in enumerate(_made(plan, chunks), 1):
        for table, text in rows.items():
            tables.copy(table, text)
        if number % 5 == 0 or number == chunks:
            loading.say(f"{min(number * CHUNK, plan.studies):,} studies, {sum(tables.lines.values()):,} rows")
    raw.execute(
        "SELECT setval(pg_get_serial_sequence('studies_study', 'id'), (SELECT max(id) FROM studies_study))"
    )
    tables.put_back(loading.say)
    raw.execute("ANALYZE")
    loading.say("the registers of the accounts")
    raw.execute(_REGISTER, [plan.first_id])
    loading.say("checking what no trigger checked")
    raw.execute("ANALYZE")
    for wrong, query, parameters in (
        ("placements with other keys than the database gives them", _WRONG_KEYS, [plan.first_id, CHECKED]),
        ("studies at home on a personal worklist", _WRONG_HOMES, []),
        ("placements without a share", _WITHOUT_SHARE, []),
    ):
        if number := count_where(raw, query, parameters):
            raise CannotLoad(f"{number:,} {wrong}: the generator is wrong, and nothing was loaded.")


def _made(plan: Plan, chunks: int) -> Iterator[dict[str, bytes]]:
    """The chunks in their order, made beside the loading in processes that never saw the database connection."""
    if chunks == 1:
        begin(plan)
        yield make(0)
        return
    with ProcessPoolExecutor(MAKERS, multiprocessing.get_context("spawn"), begin, (plan,)) as makers:
        coming = [makers.submit(make, number) for number in range(min(AHEAD, chunks))]
        for number in range(chunks):
            rows = coming.pop(0).result()
            if number + AHEAD < chunks:
                coming.append(makers.submit(make, number + AHEAD))
            yield rows

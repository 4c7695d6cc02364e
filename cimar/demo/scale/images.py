"""Images for some of the generated studies: the rows of their instances, all of a few stored files."""

import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from pydicom import dcmread
from pydicom.data import get_testdata_file

from cimar.demo.scale.sizes import Sizes
from studies.ingest.limits import Limits
from studies.ingest.sources import receive
from studies.ingest.store import store_blobs
from studies.models import Blob

# Real scans of one frame that ship with pydicom.
FILES = ("CT_small.dcm", "MR_small.dcm", "RG1_J2KI.dcm", "examples_overlay.dcm", "693_J2KR.dcm")
MOST_INSTANCES = 200

_ROWS = """
WITH chosen AS (
    SELECT id FROM studies_study
    WHERE id >= %(first)s AND n_instances BETWEEN 1 AND %(most)s ORDER BY md5(id::text) LIMIT %(studies)s),
files AS (
    SELECT * FROM unnest(%(blobs)s::bigint[], %(rows)s::int[], %(columns)s::int[], %(syntaxes)s::text[])
    WITH ORDINALITY AS file (blob, rows, columns, syntax, number))
INSERT INTO studies_instance (
    uuid, series_id, study_id, blob_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, number, rows, columns,
    frames)
SELECT gen_random_uuid(), s.id, s.study_id, f.blob, '2.25.' || s.id || lpad(n::text, 6, '0'),
    '1.2.840.10008.5.1.4.1.1.7', f.syntax, n, f.rows, f.columns, 1
FROM chosen
JOIN studies_series s ON s.study_id = chosen.id
CROSS JOIN LATERAL generate_series(1, s.n_instances) n
JOIN files f ON f.number = 1 + s.id %% (SELECT count(*) FROM files)
"""


def store() -> list[Blob]:
    """The files, stored once and waiting for their pictures; those there already are taken as they are."""
    with ExitStack() as opened:
        received = []
        for path in _paths():
            file = receive(opened.enter_context(path.open("rb")), limits=Limits())
            opened.callback(file.close)
            received.append(file)
        stored = store_blobs(received, without_pictures=())
    return list(Blob.objects.filter(pk__in=stored.values()).order_by("pk"))


def add_instances(connection: psycopg.Connection[Any], blobs: list[Blob], sizes: Sizes, first: int) -> int:
    """Rows for every instance of some studies that have few."""
    about = {}
    for path in _paths():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = dcmread(path, stop_before_pixels=True)
        about[path.stat().st_size] = (read.Rows, read.Columns, str(read.file_meta.TransferSyntaxUID))
    files = [(blob.pk, *about[blob.size]) for blob in blobs]
    blob_ids, rows, columns, syntaxes = (list(column) for column in zip(*files, strict=True))
    return connection.execute(
        _ROWS,
        {
            "first": first,
            "most": MOST_INSTANCES,
            "studies": sizes.with_images,
            "blobs": blob_ids,
            "rows": rows,
            "columns": columns,
            "syntaxes": syntaxes,
        },
    ).rowcount


def _paths() -> list[Path]:
    paths = [get_testdata_file(name, read=False, download=False) for name in FILES]
    return [Path(str(path)) for path in paths if path]

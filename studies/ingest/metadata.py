"""The rows of the instances' metadata."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from studies.ingest.json_model import Described

# Between texts in which it is always written as an escape (RFC 8259).
BETWEEN = "\x1e"
# The instances have their keys from the database. Offsets go as a text each, since lists of lists have to be even. The
# models go as a single text: in a list each of their quotes would be escaped, a tenth of what taking a file in costs.
_WRITE = """
INSERT INTO studies_instancemetadata
    (instance_id, json, size, pixels_at, pixels_length, frame_bytes, frame_offsets)
SELECT i.id, m.json, octet_length(m.json), m.pixels_at, m.pixels_length, m.frame_bytes, m.offsets::bigint[]
FROM unnest(%s::uuid[], string_to_array(%s, %s), %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
    AS m (uuid, json, pixels_at, pixels_length, frame_bytes, offsets)
JOIN studies_instance i ON i.uuid = m.uuid
ON CONFLICT DO NOTHING
"""


def write_metadata(described: Mapping[UUID, Described]) -> int:
    """Of instances without metadata, by their uuids; how many were written."""
    layouts = [each.layout for each in described.values()]
    columns: list[Any] = [
        [*described],
        BETWEEN.join(each.json for each in described.values()),
        BETWEEN,
        [layout.pixels_at for layout in layouts],
        [layout.pixels_length for layout in layouts],
        [layout.frame_bytes for layout in layouts],
        [_as_array(layout.offsets) for layout in layouts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, columns)
        return int(cursor.rowcount)


def _as_array(offsets: tuple[int, ...] | None) -> str | None:
    return None if offsets is None else "{" + ",".join(map(str, offsets)) + "}"

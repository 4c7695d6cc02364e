"""Studies whose images are still arriving."""

from collections.abc import Collection

from django.db import connection


def still_arriving(studies: Collection[int]) -> set[int]:
    """Of these studies, those that an unfinished upload belongs to, or that a machine is adding images to."""
    if not studies:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVING, {"studies": list(studies)})
        return {study for (study,) in cursor.fetchall()}


# The second table holds a row for what is arriving at this moment, and no more.
_ARRIVING = """
SELECT sent.study_id FROM studies_uploadedstudy sent JOIN studies_upload upload ON upload.id = sent.upload_id
WHERE sent.study_id = ANY(%(studies)s) AND upload.state = 'waiting'
UNION
SELECT (burst.event->>'study_id')::bigint FROM studies_receivedburst burst
WHERE (burst.event->>'study_id')::bigint = ANY(%(studies)s)
"""

"""Placements made before get their new keys, a few hundred studies at a time, and the list its indexes.

Outside a transaction: no lock outlives a batch, and the indexes are built beside reading and writing. Broken off, it
may be run again: a batch that is done changes nothing, and an index left invalid is dropped first.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

BATCH = 250  # studies: no row is locked for longer than some tenths of a second

FILL = """
UPDATE studies_placement p SET name_key = s.key, name_words = s.words, study_time = s.at
FROM (
    SELECT id, name_key(patient_name) AS key, name_words(patient_name) AS words, dicom_time(study_time_raw) AS at
    FROM studies_study WHERE id BETWEEN %s AND %s OFFSET 0) s
WHERE s.id = p.study_id AND (p.name_key, p.name_words, p.study_time) IS DISTINCT FROM (s.key, s.words, s.at)
"""
BY_STUDY_TIME = models.Index(
    models.F("worklist"),
    models.F("study_date").desc(),
    models.F("study_time").desc(),
    models.F("id").desc(),
    name="placements_by_study_time",
)
BY_WORDS = GinIndex(
    models.F("worklist"),
    OpClass(models.F("name_words"), "gin_trgm_ops"),
    name="placements_by_words",
)


def fill(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(min(id), 0), COALESCE(max(id), -1) FROM studies_study")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, BATCH):
            cursor.execute(FILL, [start, start + BATCH - 1])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0018_names_as_they_are_searched")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS placements_by_study_time", migrations.RunSQL.noop),
        AddIndexConcurrently("placement", BY_STUDY_TIME),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS placements_by_words", migrations.RunSQL.noop),
        AddIndexConcurrently("placement", BY_WORDS),
        RemoveIndexConcurrently("placement", "placements_name_search"),
        RemoveIndexConcurrently("placement", "placements_by_study_date"),
    ]

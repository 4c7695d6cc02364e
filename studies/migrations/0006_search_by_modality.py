"""Placements made before get their modalities, a few thousand at a time, and the search its index.

Outside a transaction: no lock outlives a batch, and the index is built beside reading and writing. Broken off, it may
be run again: a batch that is done changes nothing, and an index left invalid is dropped first.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

BATCH = 250  # studies: no row is locked for longer than some tenths of a second

FILL = """
UPDATE studies_placement p SET modalities = s.modalities FROM studies_study s
WHERE s.id = p.study_id AND s.id BETWEEN %s AND %s AND p.modalities <> s.modalities
"""


def fill(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(min(id), 0), COALESCE(max(id), -1) FROM studies_study")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, BATCH):
            cursor.execute(FILL, [start, start + BATCH - 1])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0005_modalities_of_placements")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS placements_by_modality", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="placement",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("worklist"), models.F("modalities"), name="placements_by_modality"
            ),
        ),
    ]

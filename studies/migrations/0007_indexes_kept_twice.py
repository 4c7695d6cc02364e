"""Both keys are found by an index or a constraint that begins with them: each cost every placement a write.

The indexes alone go, beside reading and writing: altered as fields, the foreign keys would be dropped and made again, which
reads every row under a lock.
"""

from django.db import migrations, models

# The field, its index, whom it names, and what becomes of the placement when that goes.
KEYS = [
    ("study", "studies_placement_study_id_7628bb9c", "studies.Study", models.CASCADE),
    ("worklist", "studies_placement_worklist_id_5deebad3", "worklists.Worklist", models.PROTECT),
]


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0006_search_by_modality"),
        ("worklists", "0006_lapsed_offers"),
    ]

    atomic = False
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON studies_placement ({name}_id)",
                )
                for name, index, *_ in KEYS
            ],
            state_operations=[
                migrations.AlterField(
                    "placement",
                    name,
                    models.ForeignKey(to, on_delete, related_name="placements", db_index=False),
                )
                for name, _, to, on_delete in KEYS
            ],
        )
    ]

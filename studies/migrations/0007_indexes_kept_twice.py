"""Both keys are found by an index or a constraint that begins with them: each cost every placement a write.

The indexes alone go, beside reading and writing: altered as fields, the foreign keys would be dropped and made again, which
reads every row under a lock.
"""

import django.db.models.deletion
from django.db import migrations, models

INDEXES = {
    "studies_placement_study_id_7628bb9c": "study_id",
    "studies_placement_worklist_id_5deebad3": "worklist_id",
}


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
                    f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON studies_placement ({column})",
                )
                for name, column in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="placement",
                    name="study",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placements",
                        to="studies.study",
                    ),
                ),
                migrations.AlterField(
                    model_name="placement",
                    name="worklist",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="placements",
                        to="worklists.worklist",
                    ),
                ),
            ],
        )
    ]

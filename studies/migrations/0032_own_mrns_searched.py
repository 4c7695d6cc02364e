"""The index of own MRNs within a worklist, built beside reading and writing."""

from django.contrib.postgres.indexes import OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0031_own_mrns")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS placements_own_mrn_search", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "placement",
            models.Index(
                models.F("worklist"),
                OpClass(models.F("own_mrn_key"), "text_pattern_ops"),
                name="placements_own_mrn_search",
                condition=models.Q(own_mrn_key__gt=""),
            ),
        ),
    ]

"""Both keys are found by an index or a constraint that begins with them: each cost every placement a write.

Dropping an index waits for a moment of nobody reading the table, never long (see `prepare`).
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('studies', '0006_search_by_modality'),
        ('worklists', '0006_lapsed_offers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='placement',
            name='study',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='studies.study'),
        ),
        migrations.AlterField(
            model_name='placement',
            name='worklist',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='worklists.worklist'),
        ),
    ]

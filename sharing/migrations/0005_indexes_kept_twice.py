"""Foreign keys whose index another one begins with, or that nobody searches by: each cost every share a write.

Dropping an index waits for a moment of nobody reading the table, never long (see `prepare`).
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_tally'),
        ('sharing', '0004_share_address'),
        ('studies', '0006_search_by_modality'),
        ('worklists', '0006_lapsed_offers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='share',
            name='account',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='accounts.account'),
        ),
        migrations.AlterField(
            model_name='share',
            name='approved_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares_approved', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='share',
            name='ended_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares_ended', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='share',
            name='invitation',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='accounts.invitation'),
        ),
        migrations.AlterField(
            model_name='share',
            name='shared_by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shares_made', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='share',
            name='study',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='studies.study'),
        ),
        migrations.AlterField(
            model_name='share',
            name='to_worklist',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shares_to', to='worklists.worklist'),
        ),
    ]

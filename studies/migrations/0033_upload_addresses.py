"""Uploads to the upload address of a worklist, and who sent a study. The key of the latter is checked in the next one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SENT_BY = """
ALTER TABLE studies_study ADD COLUMN sent_by_id bigint NULL;
ALTER TABLE studies_study ADD CONSTRAINT a_study_is_sent_by_a_person
    FOREIGN KEY (sent_by_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED NOT VALID;
"""
UNDO = "ALTER TABLE studies_study DROP COLUMN sent_by_id;"


class Migration(migrations.Migration):

    dependencies = [
        ('studies', '0032_own_mrns_searched'),
        ('worklists', '0021_upload_addresses'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name='study',
                    name='sent_by',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='studies_sent', to=settings.AUTH_USER_MODEL),
                ),
            ],
            database_operations=[migrations.RunSQL(SENT_BY, UNDO)],
        ),
        migrations.AddField(
            model_name='upload',
            name='handed_on_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='upload',
            name='not_handed_on',
            field=models.CharField(db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='upload',
            name='sent_to',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='uploads_sent', to='worklists.worklist'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(condition=models.Q(('handed_on_at', None), ('sent_to__isnull', False), ('state', 'done')), fields=['id'], name='uploads_to_hand_on'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(('handed_on_at', None), models.Q(('sent_to__isnull', False), ('state', 'done')), _connector='OR'), name='only_an_upload_to_an_address_is_handed_on'),
        ),
    ]

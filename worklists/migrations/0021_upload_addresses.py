"""A worklist may have an upload address: the inbox in which what is sent to it arrives, of the same account."""

import django.db.models.deletion
from django.db import migrations, models

SAME_ACCOUNT = """
ALTER TABLE worklists_worklist ADD CONSTRAINT an_inbox_is_of_the_worklists_account
    FOREIGN KEY (inbox_id, account_id) REFERENCES worklists_worklist (id, account_id) DEFERRABLE INITIALLY DEFERRED;
"""
UNDO = "ALTER TABLE worklists_worklist DROP CONSTRAINT an_inbox_is_of_the_worklists_account;"


class Migration(migrations.Migration):

    dependencies = [
        ('worklists', '0020_auditors'),
    ]

    operations = [
        migrations.AddField(
            model_name='worklist',
            name='inbox',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inbox_of', to='worklists.worklist'),
        ),
        migrations.RunSQL(SAME_ACCOUNT, UNDO),
        migrations.AddConstraint(
            model_name='worklist',
            constraint=models.CheckConstraint(condition=models.Q(('inbox__isnull', True), models.Q(('share_code__isnull', False), models.Q(('inbox', models.F('id')), _negated=True)), _connector='OR'), name='an_upload_address_has_a_code_and_another_inbox'),
        ),
    ]

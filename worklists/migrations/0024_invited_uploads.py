"""Invitations to send studies to an upload address. Invitation and worklist of each are of one account."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
ALTER TABLE worklists_invitedupload
    ADD CONSTRAINT an_invited_upload_is_of_the_invitations_account
        FOREIGN KEY (invitation_id, account_id) REFERENCES accounts_invitation (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT an_invited_upload_is_to_a_worklist_of_the_account
        FOREIGN KEY (worklist_id, account_id) REFERENCES worklists_worklist (id, account_id)
        DEFERRABLE INITIALLY DEFERRED;
"""
BACKWARDS = """
ALTER TABLE worklists_invitedupload
    DROP CONSTRAINT an_invited_upload_is_of_the_invitations_account,
    DROP CONSTRAINT an_invited_upload_is_to_a_worklist_of_the_account;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0025_audit_account'),
        ('worklists', '0023_roles_are_replaced_row_by_row'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InvitedUpload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('offered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='accounts.invitation')),
                ('offered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('worklist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invited_uploads', to='worklists.worklist')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('invitation', 'worklist'), name='a_worklist_is_in_an_invitation_to_send_once')],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

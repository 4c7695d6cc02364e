"""Memberships that wait on an invitation. Invitation, role and worklists of one are all of one account."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
ALTER TABLE worklists_invitedmembership
    ADD CONSTRAINT an_invited_membership_is_of_the_invitations_account
        FOREIGN KEY (invitation_id, account_id) REFERENCES accounts_invitation (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT an_invited_members_role_is_of_the_account
        FOREIGN KEY (role_id, account_id) REFERENCES accounts_role (id, account_id)
        DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklists_invitedworklist
    ADD CONSTRAINT an_invited_worklist_is_of_the_memberships_account
        FOREIGN KEY (membership_id, account_id) REFERENCES worklists_invitedmembership (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT an_invited_worklist_is_of_the_account
        FOREIGN KEY (worklist_id, account_id) REFERENCES worklists_worklist (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT a_role_on_an_invited_worklist_is_of_the_account
        FOREIGN KEY (role_id, account_id) REFERENCES accounts_role (id, account_id)
        DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARDS = """
ALTER TABLE worklists_invitedworklist
    DROP CONSTRAINT an_invited_worklist_is_of_the_memberships_account,
    DROP CONSTRAINT an_invited_worklist_is_of_the_account,
    DROP CONSTRAINT a_role_on_an_invited_worklist_is_of_the_account;
ALTER TABLE worklists_invitedmembership
    DROP CONSTRAINT an_invited_membership_is_of_the_invitations_account,
    DROP CONSTRAINT an_invited_members_role_is_of_the_account;
"""


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0004_invited_by_the_platform'),
        ('worklists', '0004_staff'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InvitedMembership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('every_worklist', models.BooleanField(db_default=False, default=False)),
                ('offered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('withdrawn', 'Withdrawn')], db_default='', default='', max_length=10)),
                ('role_name', models.CharField(blank=True, db_default='', default='', max_length=100)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invited_memberships', to='accounts.account')),
                ('invitation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='membership', to='accounts.invitation')),
                ('offered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships_offered', to=settings.AUTH_USER_MODEL)),
                ('role', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invited_memberships', to='accounts.role')),
            ],
        ),
        migrations.CreateModel(
            name='InvitedWorklist',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.account')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='worklists', to='worklists.invitedmembership')),
                ('role', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invited_worklists', to='accounts.role')),
                ('worklist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invited', to='worklists.worklist')),
            ],
        ),
        migrations.AddConstraint(
            model_name='invitedmembership',
            constraint=models.UniqueConstraint(fields=('id', 'account'), name='invited_membership_with_its_account'),
        ),
        migrations.AddConstraint(
            model_name='invitedmembership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('outcome', ''), ('role__isnull', False)), models.Q(('ended_at__isnull', False), ('outcome__in', ['accepted', 'withdrawn']), ('role', None)), _connector='OR'), name='an_invited_membership_waits_with_a_role_or_has_ended'),
        ),
        migrations.AddConstraint(
            model_name='invitedworklist',
            constraint=models.UniqueConstraint(fields=('membership', 'worklist'), name='a_worklist_is_in_an_invited_membership_once'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

"""How far one role's taking of another's place is. Both roles are of the account it happens in."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARDS = """
ALTER TABLE worklists_rolereplacement
    ADD CONSTRAINT a_replaced_role_is_of_the_account
        FOREIGN KEY (role_id, account_id) REFERENCES accounts_role (id, account_id)
        DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT a_replacing_role_is_of_the_account
        FOREIGN KEY (other_id, account_id) REFERENCES accounts_role (id, account_id)
        DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARDS = """
ALTER TABLE worklists_rolereplacement
    DROP CONSTRAINT a_replaced_role_is_of_the_account,
    DROP CONSTRAINT a_replacing_role_is_of_the_account;
"""


class Migration(migrations.Migration):
    dependencies = [
        ('accounts', '0005_tally'),
        ('worklists', '0006_lapsed_offers'),
    ]

    operations = [
        migrations.CreateModel(
            name='RoleReplacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('n_worklists', models.PositiveIntegerField()),
                ('n_done', models.PositiveIntegerField(db_default=0, default=0)),
                ('reached', models.BigIntegerField(db_default=0, default=0)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='role_replacements', to='accounts.account')),
                ('other', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replacing', to='accounts.role')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replaced_by', to='accounts.role')),
            ],
        ),
        migrations.AddConstraint(
            model_name='rolereplacement',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('account',), name='one_role_at_a_time_is_replaced_in_an_account'),
        ),
        migrations.AddConstraint(
            model_name='rolereplacement',
            constraint=models.CheckConstraint(condition=models.Q(('role', models.F('other')), _negated=True), name='a_role_is_not_replaced_by_itself'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

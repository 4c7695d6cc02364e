"""Personal access tokens, and senders: each of the account of its worklist."""

import datetime
import uuid

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import common.names

FORWARDS = """
ALTER TABLE worklists_sender
    ADD CONSTRAINT a_sender_is_of_the_worklists_account
        FOREIGN KEY (worklist_id, account_id) REFERENCES worklists_worklist (id, account_id)
        DEFERRABLE INITIALLY DEFERRED;
"""
BACKWARDS = "ALTER TABLE worklists_sender DROP CONSTRAINT a_sender_is_of_the_worklists_account"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_names_in_small_letters'),
        ('worklists', '0012_declined_offers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('digest', models.CharField(max_length=64)),
                ('may_store', models.BooleanField(db_default=False, default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='access_tokens', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AccessTokenWorklist',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reaches', to='worklists.accesstoken')),
                ('worklist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reached_by', to='worklists.worklist')),
            ],
        ),
        migrations.AddField(
            model_name='accesstoken',
            name='worklists',
            field=models.ManyToManyField(related_name='access_tokens', through='worklists.AccessTokenWorklist', to='worklists.worklist'),
        ),
        migrations.CreateModel(
            name='Sender',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('identity', common.names.IdentityField(blank=True, db_default='', editable=False, max_length=600, of='name')),
                ('ae_title', models.CharField(blank=True, db_default='', default='', max_length=16)),
                ('ip_address', models.GenericIPAddressField(blank=True, null=True)),
                ('digest', models.CharField(blank=True, max_length=64, null=True)),
                ('token_made_at', models.DateTimeField(blank=True, null=True)),
                ('token_expires_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='senders', to='accounts.account')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('worklist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='senders', to='worklists.worklist')),
            ],
        ),
        migrations.AddConstraint(
            model_name='accesstokenworklist',
            constraint=models.UniqueConstraint(fields=('token', 'worklist'), name='a_token_reaches_a_worklist_once'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.UniqueConstraint(fields=('digest',), name='a_token_has_a_secret_of_its_own'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='a_token_is_kept_as_the_sha256_of_its_secret'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_token_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at')), ('expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('created_at'), '+', models.Value(datetime.timedelta(days=367))))), name='a_token_ends_within_a_year'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('account', 'identity'), name='a_sender_name_is_used_once_in_an_account_as_it_reads'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None), models.Q(('ae_title', ''), _negated=True)), fields=('worklist', 'ae_title', 'ip_address'), name='a_caller_is_one_sender_of_a_worklist'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.UniqueConstraint(fields=('digest',), name='a_sender_has_a_secret_of_its_own'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.CheckConstraint(condition=models.Q(('digest__isnull', True), ('digest__regex', '^[0-9a-f]{64}$'), _connector='OR'), name='a_sender_is_kept_as_the_sha256_of_its_secret'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_sender_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ae_title', ''), _negated=True), ('digest__isnull', False), _connector='OR'), name='a_sender_has_an_ae_title_or_a_token'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ae_title', ''), ('ip_address__isnull', True)), models.Q(('ae_title__regex', '^[!-\\[\\]-~]([ -\\[\\]-~]{0,14}[!-\\[\\]-~])?$'), ('ip_address__isnull', False)), _connector='OR'), name='an_ae_title_is_up_to_16_signs_and_comes_with_an_ip_address'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('digest__isnull', True), ('token_expires_at__isnull', True), ('token_made_at__isnull', True)), models.Q(('digest__isnull', False), ('token_expires_at__gt', models.F('token_made_at')), ('token_expires_at__lte', django.db.models.expressions.CombinedExpression(models.F('token_made_at'), '+', models.Value(datetime.timedelta(days=367))))), _connector='OR'), name='a_token_of_a_sender_ends_within_a_year'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

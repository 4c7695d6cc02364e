"""Destinations, and the permission to send there."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import common.names


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_account_contact'),
        ('worklists', '0014_ae_titles'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='worklist',
            options={'default_permissions': (), 'permissions': [('list_studies', 'Studies: View and search studies list'), ('open_study', 'Studies: Open images'), ('share_study', 'Studies: Share a study'), ('share_study_with_locations', 'Studies: Share study with locations'), ('share_study_with_groups', 'Studies: Share study with groups'), ('share_study_with_users', 'Studies: Share study with users'), ('share_study_by_code', 'Studies: Share study via share code'), ('share_study_by_email', 'Studies: Share study via email'), ('upload_study', 'Studies: Upload'), ('download_study', 'Studies: Download'), ('send_study', 'Studies: Send to another system'), ('edit_study', 'Studies: Edit'), ('delete_study', 'Studies: Delete'), ('approve_study', 'Studies: Approve'), ('view_study_audit', 'Studies: View audit trail'), ('create_guest_links', 'Study links: Create'), ('view_guest_links', 'Study links: View all guest links')]},
        ),
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('identity', common.names.IdentityField(blank=True, db_default='', editable=False, max_length=600, of='name')),
                ('url', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('username', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('sealed_secret', models.TextField(blank=True, db_default='', default='')),
                ('ae_title', models.CharField(blank=True, db_default='', default='', max_length=16)),
                ('calling_ae_title', models.CharField(blank=True, db_default='CIMAR', default='CIMAR', max_length=16)),
                ('host', models.CharField(blank=True, db_default='', default='', max_length=253)),
                ('port', models.PositiveIntegerField(blank=True, null=True)),
                ('tls', models.BooleanField(db_default=True, default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='destinations', to='accounts.account')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('account', 'identity'), name='a_destination_name_is_used_once_in_an_account_as_it_reads'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_destination_has_a_name'), models.CheckConstraint(condition=models.Q(models.Q(('ae_title', ''), ('host', ''), ('port', None), ('url__regex', '^https?://')), models.Q(('ae_title__regex', '^[!-\\[\\]-~]([ -\\[\\]-~]{0,14}[!-\\[\\]-~])?$'), ('sealed_secret', ''), ('url', ''), ('username', ''), ('calling_ae_title__regex', '^[!-\\[\\]-~]([ -\\[\\]-~]{0,14}[!-\\[\\]-~])?$'), ('port__gte', 1), ('port__lte', 65535), models.Q(('host', ''), _negated=True)), _connector='OR'), name='a_destination_has_a_url_or_an_ae_title_with_host_and_port')],
            },
        ),
    ]

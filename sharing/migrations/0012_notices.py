"""Notices: that a person is told of something."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0011_guest_links_are_not_widened'),
        ('worklists', '0019_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('event', models.CharField(choices=[('shared_here', 'A study is shared with this worklist'), ('approval_needed', 'A share waits for approval'), ('decided', 'A decision is made about what I shared or asked for'), ('ending_soon', 'A share ends soon'), ('link_used', 'My guest link is opened'), ('opened', 'What I shared is opened for the first time'), ('time_asked', 'Someone asks me for more time')], max_length=20)),
                ('key', models.CharField(max_length=120)),
                ('time', models.CharField(choices=[('now', 'At once'), ('daily', 'Once a day'), ('off', 'Not')], max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('read_at', models.DateTimeField(null=True)),
                ('link', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='sharing.guestlink')),
                ('share', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='sharing.share')),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('worklist', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='worklists.worklist')),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='notices_of_a_person'), models.Index(condition=models.Q(('read_at', None)), fields=['user'], name='notices_not_read')],
                'constraints': [models.UniqueConstraint(fields=('user', 'event', 'key'), name='a_person_is_told_once_of_the_same'), models.CheckConstraint(condition=models.Q(models.Q(('link', None), ('share__isnull', False)), models.Q(('link__isnull', False), ('share', None)), _connector='OR'), name='a_notice_is_about_a_share_or_a_guest_link'), models.CheckConstraint(condition=models.Q(('time__in', ['now', 'daily'])), name='a_notice_is_told_at_once_or_daily')],
            },
        ),
    ]

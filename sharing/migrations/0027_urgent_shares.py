"""The time by which an urgent share is to be opened, and whom was notified that it was not.

The columns are empty: no row is written. The next migrations prove the constraints and build the index beside the traffic.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0022_emails_typed_twice'),
        ('sharing', '0026_recipient_lists'),
        ('studies', '0029_uploads_in_pieces'),
        ('worklists', '0022_urgent_contacts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('open_by', models.DateTimeField()),
                ('number', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('contact', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to=settings.AUTH_USER_MODEL)),
                ('share', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to='sharing.share')),
            ],
        ),
        migrations.AddField(
            model_name='share',
            name='escalate_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='share',
            name='open_by',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='notice',
            name='event',
            field=models.CharField(choices=[('shared_here', 'A study is shared with this worklist'), ('approval_needed', 'A share waits for approval'), ('decided', 'A decision is made about what I shared or asked for'), ('ending_soon', 'A share ends soon'), ('link_used', 'My guest link is opened'), ('opened', 'What I shared is opened for the first time'), ('time_asked', 'Someone asks me for more time'), ('urgent', 'An urgent study is not opened in time')], max_length=20),
        ),
        AddConstraintNotValid(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('open_by', None), models.Q(('open_by__gt', models.F('shared_at')), models.Q(('expires_at', None), ('open_by__lt', models.F('expires_at')), _connector='OR')), _connector='OR'), name='an_urgent_share_is_opened_after_it_is_made_and_before_it_ends'),
        ),
        AddConstraintNotValid(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('escalate_at', None), ('open_by__isnull', False), _connector='OR'), name='only_an_urgent_share_is_escalated'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(fields=('share', 'open_by', 'number'), name='each_step_about_an_urgent_share_is_taken_once'),
        ),
        migrations.AddConstraint(
            model_name='escalation',
            constraint=models.UniqueConstraint(condition=models.Q(('contact__isnull', False)), fields=('share', 'open_by', 'contact'), name='a_contact_is_notified_once_of_an_urgent_share'),
        ),
    ]

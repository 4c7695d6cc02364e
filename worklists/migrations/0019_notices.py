"""What a person is told of a worklist, event by event; the ticks for mail become choices, and their table goes."""
# allowed: ban-drop-table: because a worklist could not be deleted while a table that nothing writes refers to it

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TICKS = """
INSERT INTO worklists_noticechoice (user_id, worklist_id, event, "time")
SELECT user_id, worklist_id, 'shared_here', CASE WHEN wanted THEN 'now' ELSE 'off' END FROM worklists_mailtick
"""
TICKS_AGAIN = """
INSERT INTO worklists_mailtick (user_id, worklist_id, wanted)
SELECT user_id, worklist_id, "time" <> 'off' FROM worklists_noticechoice WHERE event = 'shared_here'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('worklists', '0018_who_gives_deidentified_downloads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('shared_here', 'A study is shared with this worklist'), ('approval_needed', 'A share waits for approval'), ('decided', 'A decision is made about what I shared or asked for'), ('ending_soon', 'A share ends soon'), ('link_used', 'My guest link is opened'), ('opened', 'What I shared is opened for the first time'), ('time_asked', 'Someone asks me for more time')], max_length=20)),
                ('time', models.CharField(choices=[('now', 'At once'), ('daily', 'Once a day'), ('off', 'Not')], max_length=10)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notice_choices', to=settings.AUTH_USER_MODEL)),
                ('worklist', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notice_choices', to='worklists.worklist')),
            ],
        ),
        migrations.CreateModel(
            name='NoticePreset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('shared_here', 'A study is shared with this worklist'), ('approval_needed', 'A share waits for approval'), ('decided', 'A decision is made about what I shared or asked for'), ('ending_soon', 'A share ends soon'), ('link_used', 'My guest link is opened'), ('opened', 'What I shared is opened for the first time'), ('time_asked', 'Someone asks me for more time')], max_length=20)),
                ('time', models.CharField(choices=[('now', 'At once'), ('daily', 'Once a day'), ('off', 'Not')], max_length=10)),
                ('worklist', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notice_presets', to='worklists.worklist')),
            ],
        ),
        migrations.RunSQL(TICKS, TICKS_AGAIN),
        migrations.DeleteModel(
            name='MailTick',
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.UniqueConstraint(fields=('worklist', 'event', 'user'), name='one_notice_choice_for_a_user_worklist_and_event'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.CheckConstraint(condition=models.Q(('event__in', ['shared_here', 'approval_needed', 'decided', 'ending_soon', 'link_used', 'opened', 'time_asked']), ('time__in', ['now', 'daily', 'off'])), name='a_notice_choice_is_of_a_known_event_and_time'),
        ),
        migrations.AddConstraint(
            model_name='noticepreset',
            constraint=models.UniqueConstraint(fields=('worklist', 'event'), name='one_notice_preset_for_a_worklist_and_event'),
        ),
        migrations.AddConstraint(
            model_name='noticepreset',
            constraint=models.CheckConstraint(condition=models.Q(('event__in', ['shared_here', 'approval_needed', 'decided', 'ending_soon', 'link_used', 'opened', 'time_asked']), ('time__in', ['now', 'daily', 'off'])), name='a_notice_preset_is_of_a_known_event_and_time'),
        ),
    ]

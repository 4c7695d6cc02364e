"""Who is notified when an urgent study is not opened in time, and after how long the next person is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0022_emails_typed_twice'),
        ('worklists', '0021_upload_addresses'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UrgentContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='urgent_contact_of', to=settings.AUTH_USER_MODEL)),
                ('worklist', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='urgent_contacts', to='worklists.worklist')),
            ],
        ),
        migrations.AddField(
            model_name='worklist',
            name='urgent_wait',
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AlterField(
            model_name='noticechoice',
            name='event',
            field=models.CharField(choices=[('shared_here', 'A study is shared with this worklist'), ('approval_needed', 'A share waits for approval'), ('decided', 'A decision is made about what I shared or asked for'), ('ending_soon', 'A share ends soon'), ('link_used', 'My guest link is opened'), ('opened', 'What I shared is opened for the first time'), ('time_asked', 'Someone asks me for more time'), ('urgent', 'An urgent study is not opened in time')], max_length=20),
        ),
        migrations.AlterField(
            model_name='noticepreset',
            name='event',
            field=models.CharField(choices=[('shared_here', 'A study is shared with this worklist'), ('approval_needed', 'A share waits for approval'), ('decided', 'A decision is made about what I shared or asked for'), ('ending_soon', 'A share ends soon'), ('link_used', 'My guest link is opened'), ('opened', 'What I shared is opened for the first time'), ('time_asked', 'Someone asks me for more time'), ('urgent', 'An urgent study is not opened in time')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='worklist',
            constraint=models.CheckConstraint(condition=models.Q(('urgent_wait__gte', 5), ('urgent_wait__lte', 1440)), name='the_next_urgent_contact_waits_five_minutes_to_a_day'),
        ),
        migrations.AddConstraint(
            model_name='urgentcontact',
            constraint=models.UniqueConstraint(fields=('worklist', 'position'), name='a_worklist_has_one_urgent_contact_in_each_place'),
        ),
        migrations.AddConstraint(
            model_name='urgentcontact',
            constraint=models.UniqueConstraint(fields=('worklist', 'user'), name='a_person_is_an_urgent_contact_of_a_worklist_once'),
        ),
        migrations.AddConstraint(
            model_name='urgentcontact',
            constraint=models.CheckConstraint(condition=models.Q(('position__gte', 1)), name='urgent_contacts_are_counted_from_one'),
        ),
    ]

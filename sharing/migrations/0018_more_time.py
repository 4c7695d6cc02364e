"""That a recipient asked for more time, and the answer."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0017_approvals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TimeRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expires_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('answered_at', models.DateTimeField(null=True)),
                ('granted', models.BooleanField(null=True)),
                ('asked_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='time_asked', to=settings.AUTH_USER_MODEL)),
                ('share', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='time_requests', to='sharing.share')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('share', 'expires_at'), name='more_time_is_asked_for_once_for_each_end'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('granted', None)), models.Q(('answered_at__isnull', False), ('granted__isnull', False)), _connector='OR'), name='an_answer_about_more_time_has_its_moment')],
            },
        ),
    ]

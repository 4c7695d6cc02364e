"""The AE titles of worklists: what a machine calls them by."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_character_set_of_files'),
        ('worklists', '0013_tokens_and_senders'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='worklist',
            name='ae_title',
            field=models.CharField(blank=True, max_length=16, null=True),
        ),
        migrations.AddConstraint(
            model_name='worklist',
            constraint=models.CheckConstraint(condition=models.Q(('ae_title__isnull', True), models.Q(('account__isnull', False), ('ae_title__regex', '^[!-\\[\\]-~]([ -\\[\\]-~]{0,14}[!-\\[\\]-~])?$')), _connector='OR'), name='the_ae_title_of_a_worklist_is_up_to_16_signs'),
        ),
        migrations.AddConstraint(
            model_name='worklist',
            constraint=models.UniqueConstraint(fields=('ae_title',), name='an_ae_title_is_one_worklists'),
        ),
    ]

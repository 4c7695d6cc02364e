"""Saved recipient lists. Those of a person go when the person is deactivated, whoever deactivates them."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.names

FORWARDS = """
CREATE FUNCTION a_deactivated_person_keeps_no_recipient_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sharing_listedrecipient r USING sharing_recipientlist l WHERE l.id = r.list_id AND l.owner_id = NEW.id;
    DELETE FROM sharing_recipientlist WHERE owner_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER a_deactivated_person_keeps_no_recipient_list AFTER UPDATE OF is_active ON accounts_user
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION a_deactivated_person_keeps_no_recipient_list();
"""
BACKWARDS = """
DROP TRIGGER a_deactivated_person_keeps_no_recipient_list ON accounts_user;
DROP FUNCTION a_deactivated_person_keeps_no_recipient_list();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0025_earlier_shares_are_registered'),
        ('worklists', '0019_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecipientList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('identity', common.names.IdentityField(blank=True, db_default='', editable=False, max_length=600, of='name')),
                ('version', models.PositiveIntegerField(db_default=1, default=1)),
                ('owner', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='recipient_lists', to=settings.AUTH_USER_MODEL)),
                ('worklist', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='recipient_lists', to='worklists.worklist')),
            ],
        ),
        migrations.CreateModel(
            name='ListedRecipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('method', models.CharField(choices=[('location', 'Location'), ('group', 'Group'), ('physician', 'Physician'), ('code', 'Share Code'), ('email', 'Email')], max_length=10)),
                ('value', models.CharField(max_length=254)),
                ('label', models.CharField(max_length=254)),
                ('list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='sharing.recipientlist')),
            ],
            options={
                'ordering': ['list', 'position'],
            },
        ),
        migrations.AddConstraint(
            model_name='recipientlist',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner__isnull', False), ('worklist', None)), models.Q(('owner', None), ('worklist__isnull', False)), _connector='OR'), name='a_recipient_list_is_a_persons_or_a_worklists'),
        ),
        migrations.AddConstraint(
            model_name='recipientlist',
            constraint=models.UniqueConstraint(condition=models.Q(('owner__isnull', False)), fields=('owner', 'identity'), name='recipient_lists_of_a_person_read_differently'),
        ),
        migrations.AddConstraint(
            model_name='recipientlist',
            constraint=models.UniqueConstraint(condition=models.Q(('worklist__isnull', False)), fields=('worklist', 'identity'), name='recipient_lists_of_a_worklist_read_differently'),
        ),
        migrations.AddConstraint(
            model_name='listedrecipient',
            constraint=models.UniqueConstraint(fields=('list', 'method', 'value'), name='a_recipient_is_on_a_list_once'),
        ),
        migrations.AddConstraint(
            model_name='listedrecipient',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('value', ''), _negated=True), models.Q(('label', ''), _negated=True)), name='a_listed_recipient_says_whom_it_means'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

"""A replacement keeps which rows have the replaced role; until it ends, the role has only what both roles allow."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A role's rights on worklists as they are ticked, less the children whose parent is not ticked.
TICKED = """
SELECT rp.role_id, p.id AS permission_id, p.codename
FROM accounts_role_permissions rp
JOIN auth_permission p ON p.id = rp.permission_id
JOIN django_content_type ct ON ct.id = p.content_type_id AND ct.app_label = 'worklists' AND ct.model = 'worklist'
WHERE (p.codename NOT LIKE 'share\\_study\\_%'
   OR EXISTS (
        SELECT FROM accounts_role_permissions parent
        JOIN auth_permission pp ON pp.id = parent.permission_id AND pp.content_type_id = p.content_type_id
        WHERE parent.role_id = rp.role_id AND pp.codename = 'share_study'))
"""

# While another role takes its place, less what that one lacks. A child of a parent that the other lacks goes with it.
FORWARDS = f"""
CREATE OR REPLACE VIEW worklists_role_right AS {TICKED}
  AND NOT EXISTS (
        SELECT FROM worklists_rolereplacement rr
        WHERE rr.role_id = rp.role_id AND rr.ended_at IS NULL
          AND (NOT EXISTS (
                SELECT FROM accounts_role_permissions kept
                WHERE kept.role_id = rr.other_id AND kept.permission_id = rp.permission_id)
            OR p.codename LIKE 'share\\_study\\_%' AND NOT EXISTS (
                SELECT FROM accounts_role_permissions parent
                JOIN auth_permission pp ON pp.id = parent.permission_id AND pp.content_type_id = p.content_type_id
                WHERE parent.role_id = rr.other_id AND pp.codename = 'share_study')));
"""

BACKWARDS = f"CREATE OR REPLACE VIEW worklists_role_right AS {TICKED};"


class Migration(migrations.Migration):

    dependencies = [
        ('worklists', '0022_urgent_contacts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='rolereplacement',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='ip_address',
            field=models.GenericIPAddressField(null=True),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='role_label',
            field=models.CharField(db_default='', default='', max_length=200),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='members',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='places',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='defaults',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='n_rows',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='rolereplacement',
            name='n_moved',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        # A worker of the release before knows nothing of the rows, and must not end a replacement without them.
        migrations.AddConstraint(
            model_name='rolereplacement',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at', None), ('n_moved__gte', models.F('n_rows')), _connector='OR'), name='a_replacement_ends_after_all_its_rows'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

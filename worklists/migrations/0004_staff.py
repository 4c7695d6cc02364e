"""Who administers an account may enter the administration: `is_staff` follows, and `worklists.access` keeps it so."""

from django.db import migrations

FORWARDS = """
UPDATE accounts_user u SET is_staff = due.staff FROM (
    SELECT u.id, u.is_superuser OR EXISTS (
        SELECT FROM accounts_accountmembership am
        JOIN accounts_role_permissions rp ON rp.role_id = am.role_id
        JOIN auth_permission p ON p.id = rp.permission_id AND p.codename = 'administer_account'
        WHERE am.user_id = u.id AND am.active) AS staff
    FROM accounts_user u) due
WHERE due.id = u.id AND u.is_staff <> due.staff;
"""


class Migration(migrations.Migration):
    dependencies = [("worklists", "0003_platform_roles")]
    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]

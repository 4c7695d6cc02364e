"""Who administers an account may also view its register and give that right; every account has the role Auditor."""

from django.db import migrations

# An administrator reads the trail of the account already.
GIVE = """
    INSERT INTO accounts_role_permissions (role_id, permission_id)
    SELECT rp.role_id, %(given)s
    FROM accounts_role_permissions rp
    JOIN auth_permission p ON p.id = rp.permission_id AND p.codename = 'administer_account'
    ON CONFLICT DO NOTHING
"""
# An account that has a role of this name keeps it as it is.
ADD = """
    WITH added AS (
        INSERT INTO accounts_role (account_id, name, identity)
        SELECT a.id, 'Auditor', 'auditor' FROM accounts_account a
        WHERE NOT EXISTS (SELECT FROM accounts_role r WHERE r.account_id = a.id AND r.identity = 'auditor')
        RETURNING id)
    INSERT INTO accounts_role_permissions (role_id, permission_id) SELECT id, %(given)s FROM added
"""


def give(apps, schema_editor):
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="accounts", model="account"
    )
    labels = dict(apps.get_model("accounts", "Account")._meta.permissions)
    # Django makes permissions only after all migrations: make it the same way now.
    given, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="audit_account", defaults={"name": labels["audit_account"]}
    )
    with schema_editor.connection.cursor() as cursor:
        for sql in (GIVE, ADD):
            cursor.execute(sql, {"given": given.pk})


class Migration(migrations.Migration):
    dependencies = [("worklists", "0019_notices"), ("accounts", "0025_audit_account")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]

"""Roles that administer an account get the permission for de-identified downloads, so that they can give it."""

from django.db import migrations

CODENAME = "download_deidentified"

GIVE = """
    INSERT INTO accounts_role_permissions (role_id, permission_id)
    SELECT rp.role_id, %(given)s
    FROM accounts_role_permissions rp
    JOIN auth_permission p ON p.id = rp.permission_id AND p.codename = 'administer_account'
    ON CONFLICT DO NOTHING
"""
# As worklists.access keeps the groups of a role.
GIVE_TO_GROUPS = """
    INSERT INTO worklists_worklistgroupobjectpermission (group_id, permission_id, content_object_id)
    SELECT wr.group_id, %(given)s, wr.worklist_id
    FROM worklists_worklistrole wr
    JOIN accounts_role_permissions rp ON rp.role_id = wr.role_id AND rp.permission_id = %(given)s
    ON CONFLICT DO NOTHING
"""


def give(apps, schema_editor):
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="worklists", model="worklist"
    )
    labels = dict(apps.get_model("worklists", "Worklist")._meta.permissions)
    # Django makes permissions only after all migrations: make it the same way now.
    given, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=CODENAME, defaults={"name": labels[CODENAME]}
    )
    with schema_editor.connection.cursor() as cursor:
        for sql in (GIVE, GIVE_TO_GROUPS):
            cursor.execute(sql, {"given": given.pk})


class Migration(migrations.Migration):
    dependencies = [("worklists", "0017_deidentified_downloads")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]

"""The permission to send is given to roles that hold every other permission."""

from django.db import migrations

# The administrator's role as it is shipped has everything, and no one can give what their own role lacks. Every other role
# begins without it.
GIVE = """
WITH given AS (
    INSERT INTO accounts_role_permissions (role_id, permission_id)
    SELECT r.id, %(send)s FROM accounts_role r
    WHERE r.account_id IS NOT NULL
        AND EXISTS (
            SELECT FROM accounts_role_permissions rp JOIN auth_permission p ON p.id = rp.permission_id
            WHERE rp.role_id = r.id AND p.codename = 'administer_account')
        AND (
            SELECT count(*) FROM accounts_role_permissions rp JOIN auth_permission p ON p.id = rp.permission_id
            WHERE rp.role_id = r.id AND p.content_type_id = %(kind)s AND p.codename = ANY(%(others)s)) = %(number)s
    ON CONFLICT DO NOTHING
    RETURNING role_id)
INSERT INTO worklists_worklistgroupobjectpermission (group_id, permission_id, content_object_id)
SELECT wr.group_id, %(send)s, wr.worklist_id
FROM worklists_worklistrole wr JOIN given ON given.role_id = wr.role_id
ON CONFLICT DO NOTHING
"""


def give_to_administrators(apps, schema_editor):
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="worklists", model="worklist"
    )
    labels = dict(apps.get_model("worklists", "Worklist")._meta.permissions)
    # Django makes permissions only after all migrations: this permission is made the same way now.
    send, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename="send_study", defaults={"name": labels["send_study"]}
    )
    others = [codename for codename in labels if codename != "send_study"]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(GIVE, {"send": send.pk, "kind": kind.pk, "others": others, "number": len(others)})


def take_back(apps, schema_editor):
    send = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="worklists", codename="send_study"
    ).first()
    if send is not None:
        apps.get_model("worklists", "WorklistGroupObjectPermission").objects.filter(permission=send).delete()
        apps.get_model("accounts", "Role").permissions.through.objects.filter(permission=send).delete()
        send.delete()


class Migration(migrations.Migration):
    dependencies = [("worklists", "0015_destinations")]
    operations = [migrations.RunPython(give_to_administrators, take_back)]

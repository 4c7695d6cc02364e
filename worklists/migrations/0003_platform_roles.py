"""The platform's own roles: what a person may do on the personal worklist, and under a guest link."""

from django.db import migrations

PERSONAL = [
    "list_studies",
    "open_study",
    "share_study",
    "share_study_with_locations",
    "share_study_with_groups",
    "share_study_with_users",
    "share_study_by_code",
    "share_study_by_email",
    "delete_study",
    "download_study",
    "view_study_audit",
]
GUEST = ["open_study", "download_study"]


def add_platform_roles(apps, schema_editor):
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="worklists", model="worklist"
    )
    permission_model = apps.get_model("auth", "Permission")
    labels = dict(apps.get_model("worklists", "Worklist")._meta.permissions)
    role_model = apps.get_model("accounts", "Role")
    for key, name, codenames in (("personal", "Personal", PERSONAL), ("guest", "Guest", GUEST)):
        role = role_model.objects.create(platform_key=key, name=name)
        for codename in codenames:
            # Django makes permissions only after all migrations: make these the same way now.
            permission, _ = permission_model.objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": labels[codename]}
            )
            role.permissions.add(permission)


def remove_platform_roles(apps, schema_editor):
    apps.get_model("accounts", "Role").objects.filter(account=None).delete()


class Migration(migrations.Migration):
    dependencies = [("worklists", "0002_law"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(add_platform_roles, remove_platform_roles)]

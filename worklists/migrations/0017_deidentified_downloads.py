"""A permission for de-identified downloads."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklists", "0016_administrators_may_send")]
    operations = [
        migrations.AlterModelOptions(
            name="worklist",
            options={
                "default_permissions": (),
                "permissions": [
                    ("list_studies", "Studies: View and search studies list"),
                    ("open_study", "Studies: Open images"),
                    ("share_study", "Studies: Share a study"),
                    ("share_study_with_locations", "Studies: Share study with locations"),
                    ("share_study_with_groups", "Studies: Share study with groups"),
                    ("share_study_with_users", "Studies: Share study with users"),
                    ("share_study_by_code", "Studies: Share study via share code"),
                    ("share_study_by_email", "Studies: Share study via email"),
                    ("upload_study", "Studies: Upload"),
                    ("download_study", "Studies: Download"),
                    ("send_study", "Studies: Send to another system"),
                    ("download_deidentified", "Studies: Download de-identified"),
                    ("edit_study", "Studies: Edit"),
                    ("delete_study", "Studies: Delete"),
                    ("approve_study", "Studies: Approve"),
                    ("view_study_audit", "Studies: View audit trail"),
                    ("create_guest_links", "Study links: Create"),
                    ("view_guest_links", "Study links: View all guest links"),
                ],
            },
        ),
    ]

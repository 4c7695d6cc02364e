"""Finds the shares that brought a study to a worklist, from the receiving side."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("other_worklist_id__isnull", False)),
                fields=["study_id", "other_worklist_id"],
                name="audit_of_shares_to_a_worklist",
            ),
        ),
    ]

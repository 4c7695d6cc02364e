"""Who gave the patient the MRN.

The next migration proves for the rows that are there that a deleted study has no issuer either: the column is new, and
empty.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0014_found_by_uid")]

    operations = [
        migrations.AddField("study", "issuer_of_patient_id", models.CharField(db_default="", default="", max_length=200)),
        AddConstraintNotValid(
            "study",
            models.CheckConstraint(
                condition=models.Q(("deleted_at", None))
                | models.Q(
                    ("accession_number", ""),
                    ("description", ""),
                    ("institution", ""),
                    ("issuer_of_patient_id", ""),
                    ("n_instances", 0),
                    ("n_series", 0),
                    ("patient_birth_date", None),
                    ("patient_birth_date_raw", ""),
                    ("patient_id", ""),
                    ("patient_name", ""),
                    ("patient_sex", ""),
                    ("referring_physician", ""),
                    ("study_date", None),
                    ("study_date_raw", ""),
                    ("study_time_raw", ""),
                ),
                name="a_deleted_study_says_nothing_of_the_examination",
            ),
        ),
    ]

"""A deleted study holds nothing of its examination either: the constraint names every column that erasing empties.

Every release has emptied all of them. The next migration proves it for the rows that are there.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0009_who_was_served")]

    operations = [
        AddConstraintNotValid(
            "study",
            models.CheckConstraint(
                condition=models.Q(("deleted_at", None))
                | models.Q(
                    ("accession_number", ""),
                    ("description", ""),
                    ("institution", ""),
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
                name="a_deleted_study_keeps_no_word_of_the_examination",
            ),
        ),
    ]

"""The new constraint on deleted studies is proven for every row, and the narrower one it replaces goes."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("studies", "0015_issuer_of_patient_id")]

    operations = [
        ValidateConstraint("study", name="a_deleted_study_says_nothing_of_the_examination"),
        migrations.RemoveConstraint("study", name="a_deleted_study_keeps_no_word_of_the_examination"),
    ]

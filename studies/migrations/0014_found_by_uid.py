"""DICOMweb names studies, series and instances by their UIDs; each index is built beside the traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES = {
    "study": models.Index(fields=["study_instance_uid"], name="studies_by_uid"),
    "series": models.Index(fields=["series_instance_uid"], name="series_by_uid"),
    "instance": models.Index(fields=["sop_instance_uid"], name="instances_by_uid"),
}


class Migration(migrations.Migration):
    dependencies = [("studies", "0013_instance_metadata")]

    atomic = False
    operations = [AddIndexConcurrently(model, index) for model, index in INDEXES.items()]

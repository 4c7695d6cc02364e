"""The index of view copies to be made anew also has those without coarse parts, where their heads are many."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

OVERLAYS = "This image has an overlay (drawings or text), which is not shown here."
TABLE = "This image has a table of grey values of its own, which is not applied here."
OLD_COPIES = (
    models.Q(state__in=["ready", "failed"], maker__lt=1)
    & (models.Q(note__contains=OVERLAYS) | models.Q(note__contains=TABLE))
) | models.Q(state="ready", maker__lt=2, head_size__gt=1024 * 1024)
NAME = "view_copies_of_an_older_maker"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0036_older_makers")]
    operations = [
        RemoveIndexConcurrently("viewcopy", NAME),
        AddIndexConcurrently("viewcopy", models.Index(fields=["series"], name=NAME, condition=OLD_COPIES)),
    ]

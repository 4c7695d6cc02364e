"""An index of what an older release made and would be another now, built beside reading and writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OVERLAYS = "This image has an overlay (drawings or text), which is not shown here."
TABLE = "This image has a table of grey values of its own, which is not applied here."
OLD_PICTURES = models.Q(preview__in=["ready", "failed"], preview_maker__lt=1, preview_note__contains=OVERLAYS)
OLD_COPIES = models.Q(state__in=["ready", "failed"], maker__lt=1) & (
    models.Q(note__contains=OVERLAYS) | models.Q(note__contains=TABLE)
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0035_makers")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS previews_of_an_older_maker", migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS view_copies_of_an_older_maker", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "blob",
            models.Index(fields=["id"], name="previews_of_an_older_maker", condition=OLD_PICTURES),
        ),
        AddIndexConcurrently(
            "viewcopy",
            models.Index(fields=["series"], name="view_copies_of_an_older_maker", condition=OLD_COPIES),
        ),
    ]

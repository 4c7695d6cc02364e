"""Marks what an older release made, and indexes it, beside reading and writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OVERLAYS = "%an overlay (drawings or text), which is not shown here%"
TABLE = "%a table of grey values of its own, which is not applied here%"
PICTURES = (
    "UPDATE studies_blob SET preview_maker = 0 WHERE preview IN ('ready', 'failed') AND preview_note LIKE %s",
    [OVERLAYS],
)
COPIES = (
    "UPDATE studies_viewcopy SET maker = 0 WHERE state IN ('ready', 'failed') AND (note LIKE %s OR note LIKE %s)",
    [OVERLAYS, TABLE],
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0035_makers")]
    operations = [
        migrations.RunSQL([PICTURES, COPIES], migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS previews_of_an_older_maker", migrations.RunSQL.noop),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS view_copies_of_an_older_maker", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "blob",
            models.Index(
                fields=["id"],
                name="previews_of_an_older_maker",
                condition=models.Q(preview__in=["ready", "failed"], preview_maker__lt=1),
            ),
        ),
        AddIndexConcurrently(
            "viewcopy",
            models.Index(
                fields=["series"],
                name="view_copies_of_an_older_maker",
                condition=models.Q(state__in=["ready", "failed"], maker__lt=1),
            ),
        ),
    ]

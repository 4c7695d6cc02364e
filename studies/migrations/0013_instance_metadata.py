"""Instances have metadata, in a table of their own.

It begins empty: `manage.py store_metadata` fills it for what is there, in batches; until then the files are read.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0012_how_a_file_differs")]

    operations = [
        migrations.CreateModel(
            name="InstanceMetadata",
            fields=[
                (
                    "instance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="metadata",
                        serialize=False,
                        to="studies.instance",
                    ),
                ),
                ("json", models.TextField()),
                ("size", models.PositiveBigIntegerField()),
                ("pixels_at", models.BigIntegerField(null=True)),
                ("pixels_length", models.BigIntegerField(null=True)),
                ("frame_bytes", models.BigIntegerField(null=True)),
                (
                    "frame_offsets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
                ),
            ],
        ),
    ]

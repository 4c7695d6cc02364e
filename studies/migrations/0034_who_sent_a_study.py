"""Check the key of who sent a study, without a lock that holds up anyone."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('studies', '0033_upload_addresses'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE studies_study VALIDATE CONSTRAINT a_study_is_sent_by_a_person;", migrations.RunSQL.noop
        ),
    ]

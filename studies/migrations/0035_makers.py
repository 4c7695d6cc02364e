"""By which release pictures and view copies were made: what is there was made by an older release."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0034_who_sent_a_study")]
    operations = [
        migrations.AddField("blob", "preview_maker", models.SmallIntegerField(default=0, db_default=0)),
        migrations.AddField("viewcopy", "maker", models.SmallIntegerField(default=0, db_default=0)),
    ]

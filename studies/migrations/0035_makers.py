"""By which release pictures and view copies were made. Those that say they leave out what is drawn now are older ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studies", "0034_who_sent_a_study")]
    operations = [
        migrations.AddField("blob", "preview_maker", models.SmallIntegerField(default=1, db_default=1)),
        migrations.AddField("viewcopy", "maker", models.SmallIntegerField(default=1, db_default=1)),
    ]

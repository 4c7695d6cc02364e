from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('studies', '0029_uploads_in_pieces'),
    ]

    operations = [
        migrations.CreateModel(
            name='Opening',
            fields=[
                ('event_id', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
    ]

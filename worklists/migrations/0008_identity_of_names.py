"""Names of worklists as they are compared; the next migrations fill them and keep them unique."""

from django.db import migrations

from common.names import IdentityField


class Migration(migrations.Migration):
    dependencies = [("worklists", "0007_role_replacement")]
    operations = [migrations.AddField("worklist", "identity", IdentityField(of="name"))]

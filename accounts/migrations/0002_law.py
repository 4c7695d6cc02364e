"""A member's role is always one of the member's account."""

from django.db import migrations

FORWARDS = """
ALTER TABLE accounts_accountmembership ADD CONSTRAINT a_members_role_is_of_the_members_account
    FOREIGN KEY (role_id, account_id) REFERENCES accounts_role (id, account_id) DEFERRABLE INITIALLY DEFERRED;
"""

BACKWARDS = "ALTER TABLE accounts_accountmembership DROP CONSTRAINT a_members_role_is_of_the_members_account;"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

from django.db import migrations

# The numbers of accounts that differ from the site's; where a policy was there already, the stricter counts, as before.
FORWARDS = """
INSERT INTO accounts_lifepolicy AS kept (account_id, method, preset_days, longest_days)
SELECT a.id, 'guest_link', least(a.guest_link_preset_days, a.guest_link_days), a.guest_link_days
FROM accounts_account a WHERE (a.guest_link_preset_days, a.guest_link_days) <> (7, 30)
    OR EXISTS (SELECT FROM accounts_lifepolicy p WHERE p.account_id = a.id AND p.method = 'guest_link')
ON CONFLICT (account_id, method) DO UPDATE SET
    longest_days = least(kept.longest_days, excluded.longest_days),
    preset_days = least(kept.preset_days, kept.longest_days, excluded.preset_days)
"""
BACKWARDS = """
UPDATE accounts_account SET guest_link_days = coalesce(kept.longest_days, 30),
    guest_link_preset_days = coalesce(kept.preset_days, 7)
FROM accounts_lifepolicy kept WHERE kept.account_id = accounts_account.id AND kept.method = 'guest_link'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_emails_typed_twice"),
    ]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

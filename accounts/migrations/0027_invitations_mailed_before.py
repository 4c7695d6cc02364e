"""When each invitation was last mailed, from the outbox."""

from django.db import migrations

FORWARDS = r"""
UPDATE accounts_invitation SET mailed_at = mailed.at FROM (
    SELECT (data->>'invitation')::bigint AS invitation, max(delivered_at) AS at FROM accounts_outboxmail
    WHERE kind IN ('invitation', 'staff_invitation') AND delivered_at IS NOT NULL AND data->>'invitation' ~ '^\d+$'
    GROUP BY 1
) AS mailed
WHERE mailed.invitation = accounts_invitation.id AND accounts_invitation.mailed_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0026_when_invitations_were_mailed")]

    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]

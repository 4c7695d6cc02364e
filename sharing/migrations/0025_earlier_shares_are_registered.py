"""The shares that were made before there was a register; in parts, so that no lock is held for long."""

from django.db import migrations

BATCH = 20_000
# Whether a share was made inside is what the event of the share recorded.
REGISTER = """
    INSERT INTO sharing_registeredshare (account_id, share_id, method, is_outside)
    SELECT DISTINCT each.account_id, s.id, s.method,
        s.method = 'email' OR (s.method = 'code' AND NOT COALESCE(f.account_id = t.account_id, FALSE))
    FROM sharing_share s
    JOIN worklists_worklist f ON f.id = s.from_worklist_id
    LEFT JOIN worklists_worklist t ON t.id = s.to_worklist_id
    CROSS JOIN LATERAL (
        VALUES (f.account_id), (t.account_id), (s.account_id), ((
            SELECT h.account_id FROM studies_study st JOIN worklists_worklist h ON h.id = st.home_id
            WHERE st.id = s.study_id AND EXISTS (
                SELECT FROM audit_auditevent e
                WHERE e.study_id = s.study_id AND e.share_uuid = s.uuid
                    AND e.action = 'study:share:add' AND e.in_original)))
    ) each (account_id)
    WHERE each.account_id IS NOT NULL AND s.id > %s AND s.id <= %s
    ON CONFLICT DO NOTHING
"""


def register(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(min(id), 0), COALESCE(max(id), 0) FROM sharing_share")
        first, last = cursor.fetchone()
        for below in range(first - 1, last, BATCH):
            cursor.execute(REGISTER, [below, below + BATCH])


class Migration(migrations.Migration):
    dependencies = [("sharing", "0024_register"), ("audit", "0034_register")]
    atomic = False
    operations = [migrations.RunPython(register, migrations.RunPython.noop)]

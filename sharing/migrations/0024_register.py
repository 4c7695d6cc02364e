"""The register of an account, and the trigger that writes it with each share."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

# One statement for all shares of a press. Who is inside is decided by the placement that the study was shared from, as
# the event of the share records it.
FORWARDS = """
CREATE FUNCTION shares_are_registered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sharing_registeredshare (account_id, share_id, method, is_outside)
    SELECT DISTINCT each.account_id, s.id, s.method,
        s.method = 'email' OR (s.method = 'code' AND NOT COALESCE(f.account_id = t.account_id, FALSE))
    FROM added s
    JOIN worklists_worklist f ON f.id = s.from_worklist_id
    LEFT JOIN worklists_worklist t ON t.id = s.to_worklist_id
    CROSS JOIN LATERAL (
        VALUES (f.account_id), (t.account_id), (s.account_id), ((
            SELECT h.account_id
            FROM studies_study st
            JOIN worklists_worklist h ON h.id = st.home_id
            JOIN studies_placement p ON p.study_id = st.id AND p.worklist_id = s.from_worklist_id
            WHERE st.id = s.study_id AND p.internal_until > statement_timestamp()))
    ) each (account_id)
    WHERE each.account_id IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER shares_are_registered AFTER INSERT ON sharing_share
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION shares_are_registered();
"""
BACKWARDS = """
DROP TRIGGER shares_are_registered ON sharing_share;
DROP FUNCTION shares_are_registered();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0023_filtered_shares"), ("accounts", "0025_audit_account")]

    operations = [
        migrations.CreateModel(
            name="RegisteredShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("location", "Location"),
                            ("group", "Group"),
                            ("physician", "Physician"),
                            ("code", "Share Code"),
                            ("email", "Email"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_outside", models.BooleanField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="registered_shares",
                        to="accounts.account",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="registered",
                        to="sharing.share",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(F("share"), F("account"), name="a_share_is_in_a_register_once"),
                ],
                "indexes": [
                    models.Index(fields=["account", "-share"], name="register_of_an_account"),
                    models.Index(fields=["account", "method", "-share"], name="register_by_method"),
                    models.Index(
                        fields=["account", "-share"],
                        name="register_of_outside_shares",
                        condition=Q(is_outside=True),
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

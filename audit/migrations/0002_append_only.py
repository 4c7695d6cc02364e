"""The audit trail is only ever added to: by trigger for everybody, by right for the site's own role."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is only ever added to.' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_lines_stay_as_written BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cimar_app') THEN
        REVOKE ALL ON audit_auditevent FROM cimar_app;
        GRANT SELECT, INSERT ON audit_auditevent TO cimar_app;
    END IF;
END $$;
"""

BACKWARDS = """
DROP TRIGGER audit_lines_stay_as_written ON audit_auditevent;
DROP TRIGGER audit_is_never_emptied ON audit_auditevent;
DROP FUNCTION audit_is_only_added_to();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

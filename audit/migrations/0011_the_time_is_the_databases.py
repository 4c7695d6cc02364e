"""The site's own role writes neither the time of an event nor the list of migrations.

The trigger is for that role alone: the owner of the table loads generated data and restores what was backed up.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION an_event_happens_when_it_is_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := statement_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER audit_time_is_the_databases BEFORE INSERT ON audit_auditevent
    FOR EACH ROW WHEN (current_user = 'cimar_app') EXECUTE FUNCTION an_event_happens_when_it_is_written();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cimar_app') THEN
        REVOKE ALL ON django_migrations FROM cimar_app;
        GRANT SELECT ON django_migrations TO cimar_app;
    END IF;
END $$;
"""

BACKWARDS = """
DROP TRIGGER audit_time_is_the_databases ON audit_auditevent;
DROP FUNCTION an_event_happens_when_it_is_written();

DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cimar_app') THEN
        GRANT INSERT, UPDATE, DELETE ON django_migrations TO cimar_app;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0010_names_change")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

"""What a guest link may do is never widened after it was made, and no link is revived or deleted."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION a_guest_link_is_not_widened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A guest link is never widened after it was made.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'a_guest_link_is_not_widened';
END $$;
CREATE TRIGGER a_guest_link_is_not_widened BEFORE UPDATE ON sharing_guestlink
    FOR EACH ROW WHEN (
        (NEW.uuid, NEW.worklist_id, NEW.made_by_id, NEW.made_at, NEW.n_studies, NEW.password)
            IS DISTINCT FROM (OLD.uuid, OLD.worklist_id, OLD.made_by_id, OLD.made_at, OLD.n_studies, OLD.password)
        OR NEW.may_download AND NOT OLD.may_download
        OR OLD.most_openings < coalesce(NEW.most_openings, 32767)
        OR NEW.openings < OLD.openings
        OR NEW.wrong_tries < OLD.wrong_tries
        OR NEW.generation < OLD.generation)
    EXECUTE FUNCTION a_guest_link_is_not_widened();

CREATE FUNCTION an_ended_guest_link_stays_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An ended guest link never revives.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'an_ended_guest_link_stays_ended';
END $$;
CREATE TRIGGER an_ended_guest_link_stays_ended BEFORE UPDATE ON sharing_guestlink
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.expires_at, NEW.openings, NEW.generation)
        IS DISTINCT FROM (OLD.ended_at, OLD.expires_at, OLD.openings, OLD.generation))
    EXECUTE FUNCTION an_ended_guest_link_stays_ended();

CREATE FUNCTION a_guest_link_is_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A guest link is ended, never deleted.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'a_guest_link_is_never_deleted';
END $$;
CREATE TRIGGER a_guest_link_is_never_deleted BEFORE DELETE ON sharing_guestlink
    FOR EACH ROW EXECUTE FUNCTION a_guest_link_is_never_deleted();

CREATE FUNCTION a_guest_link_keeps_its_studies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (SELECT count(*) FROM sharing_guestlinkstudy s WHERE s.link_id = NEW.link_id)
            <= (SELECT n_studies FROM sharing_guestlink l WHERE l.id = NEW.link_id) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'A guest link shows the studies that it was made for.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'a_guest_link_keeps_its_studies';
END $$;
CREATE TRIGGER a_guest_link_keeps_its_studies AFTER INSERT OR UPDATE OR DELETE ON sharing_guestlinkstudy
    FOR EACH ROW EXECUTE FUNCTION a_guest_link_keeps_its_studies();
"""

BACKWARDS = """
DROP TRIGGER a_guest_link_keeps_its_studies ON sharing_guestlinkstudy;
DROP FUNCTION a_guest_link_keeps_its_studies();
DROP TRIGGER a_guest_link_is_never_deleted ON sharing_guestlink;
DROP FUNCTION a_guest_link_is_never_deleted();
DROP TRIGGER an_ended_guest_link_stays_ended ON sharing_guestlink;
DROP FUNCTION an_ended_guest_link_stays_ended();
DROP TRIGGER a_guest_link_is_not_widened ON sharing_guestlink;
DROP FUNCTION a_guest_link_is_not_widened();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0010_guest_links")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

"""The net under the services: no placement away from home without an un-ended share to it."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION a_placement_has_a_share() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_study bigint := NEW.study_id;
    the_worklist bigint;
BEGIN
    IF TG_TABLE_NAME = 'sharing_share' THEN
        the_worklist := NEW.to_worklist_id;
    ELSE
        the_worklist := NEW.worklist_id;
    END IF;
    IF EXISTS (SELECT FROM studies_placement p
               WHERE p.study_id = the_study AND p.worklist_id = the_worklist AND NOT p.is_home)
       AND NOT EXISTS (SELECT FROM sharing_share s
               WHERE s.study_id = the_study AND s.to_worklist_id = the_worklist AND s.ended_at IS NULL) THEN
        RAISE EXCEPTION 'A placement away from home needs a share that has not ended.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_placement_away_from_home_has_a_share';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER a_placement_away_from_home_has_a_share AFTER INSERT ON studies_placement
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NOT NEW.is_home) EXECUTE FUNCTION a_placement_has_a_share();
CREATE CONSTRAINT TRIGGER a_share_takes_its_last_placement_with_it AFTER UPDATE OF ended_at ON sharing_share
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND NEW.to_worklist_id IS NOT NULL)
    EXECUTE FUNCTION a_placement_has_a_share();

CREATE FUNCTION a_share_is_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A share is ended, never deleted.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'a_share_is_never_deleted';
END $$;
CREATE TRIGGER a_share_is_never_deleted BEFORE DELETE ON sharing_share
    FOR EACH ROW EXECUTE FUNCTION a_share_is_never_deleted();

CREATE FUNCTION an_ended_share_stays_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An ended share never revives.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'an_ended_share_stays_ended';
END $$;
CREATE TRIGGER an_ended_share_stays_ended BEFORE UPDATE ON sharing_share
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at)
    EXECUTE FUNCTION an_ended_share_stays_ended();
"""

BACKWARDS = """
DROP TRIGGER an_ended_share_stays_ended ON sharing_share;
DROP FUNCTION an_ended_share_stays_ended();
DROP TRIGGER a_share_is_never_deleted ON sharing_share;
DROP FUNCTION a_share_is_never_deleted();
DROP TRIGGER a_share_takes_its_last_placement_with_it ON sharing_share;
DROP TRIGGER a_placement_away_from_home_has_a_share ON studies_placement;
DROP FUNCTION a_placement_has_a_share();
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0002_initial"), ("studies", "0003_law")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

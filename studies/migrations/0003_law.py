"""A home is a location or a group; a placement carries its uuid and its sort and search keys."""

from django.db import migrations

FORWARDS = r"""
CREATE FUNCTION a_home_is_a_location_or_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM worklists_worklist WHERE id = NEW.home_id AND kind = 'personal') THEN
        RAISE EXCEPTION 'A personal worklist is never a home.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'a_home_is_a_location_or_group';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_home_is_a_location_or_group BEFORE INSERT OR UPDATE OF home_id ON studies_study
    FOR EACH ROW EXECUTE FUNCTION a_home_is_a_location_or_group();

-- A DICOM person name as one searches it: small letters, its separators as spaces.
CREATE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(lower(name), '[\^=\s]+', ' ', 'g'))
$$;

CREATE FUNCTION placement_uuid(study uuid, worklist uuid) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT md5('placement ' || study || ' ' || worklist)::uuid
$$;

CREATE FUNCTION a_placement_carries_its_keys() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    s studies_study;
BEGIN
    SELECT * INTO STRICT s FROM studies_study WHERE id = NEW.study_id;
    NEW.uuid := placement_uuid(s.uuid, (SELECT uuid FROM worklists_worklist WHERE id = NEW.worklist_id));
    NEW.is_home := s.home_id = NEW.worklist_id;
    NEW.study_date := COALESCE(s.study_date, DATE '0001-01-01');
    NEW.name_key := name_key(s.patient_name);
    NEW.mrn_key := upper(btrim(s.patient_id));
    NEW.accession_key := upper(btrim(s.accession_number));
    RETURN NEW;
END $$;
CREATE TRIGGER a_placement_carries_its_keys BEFORE INSERT ON studies_placement
    FOR EACH ROW EXECUTE FUNCTION a_placement_carries_its_keys();

CREATE FUNCTION placements_follow_their_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE studies_placement SET
        study_date = COALESCE(NEW.study_date, DATE '0001-01-01'),
        name_key = name_key(NEW.patient_name),
        mrn_key = upper(btrim(NEW.patient_id)),
        accession_key = upper(btrim(NEW.accession_number))
    WHERE study_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER placements_follow_their_study
    AFTER UPDATE OF study_date, patient_name, patient_id, accession_number ON studies_study
    FOR EACH ROW
    WHEN ((OLD.study_date, OLD.patient_name, OLD.patient_id, OLD.accession_number)
          IS DISTINCT FROM (NEW.study_date, NEW.patient_name, NEW.patient_id, NEW.accession_number))
    EXECUTE FUNCTION placements_follow_their_study();
"""

BACKWARDS = """
DROP TRIGGER placements_follow_their_study ON studies_study;
DROP FUNCTION placements_follow_their_study();
DROP TRIGGER a_placement_carries_its_keys ON studies_placement;
DROP FUNCTION a_placement_carries_its_keys();
DROP FUNCTION placement_uuid(uuid, uuid);
DROP FUNCTION name_key(text);
DROP TRIGGER a_home_is_a_location_or_group ON studies_study;
DROP FUNCTION a_home_is_a_location_or_group();
"""


class Migration(migrations.Migration):
    dependencies = [("studies", "0002_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]

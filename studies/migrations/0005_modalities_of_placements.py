"""A placement carries its study's modalities, so that a search by modality reads one index of the worklist.

The column comes with a constant preset, which rewrites nothing; rows that are there get theirs in the next migration.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

FORWARDS = """
CREATE OR REPLACE FUNCTION a_placement_carries_its_keys() RETURNS trigger LANGUAGE plpgsql AS $$
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
    NEW.modalities := s.modalities;
    RETURN NEW;
END $$;

CREATE FUNCTION placements_follow_their_studys_modalities() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE studies_placement SET modalities = NEW.modalities WHERE study_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER placements_follow_their_studys_modalities AFTER UPDATE OF modalities ON studies_study
    FOR EACH ROW WHEN (OLD.modalities IS DISTINCT FROM NEW.modalities)
    EXECUTE FUNCTION placements_follow_their_studys_modalities();
"""

BACKWARDS = """
DROP TRIGGER placements_follow_their_studys_modalities ON studies_study;
DROP FUNCTION placements_follow_their_studys_modalities();

CREATE OR REPLACE FUNCTION a_placement_carries_its_keys() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("studies", "0004_leftover")]
    operations = [
        migrations.AddField(
            model_name="placement",
            name="modalities",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16), db_default=[], editable=False, size=None
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

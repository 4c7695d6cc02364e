"""Names are searched as they are read, and studies are sorted by their time of day too: functions, columns, triggers.

The columns come with a constant preset, which rewrites nothing; rows that are there get theirs in the next migration.
"""

from django.db import migrations, models

FUNCTIONS = r"""-- A name in small letters without accents, whatever their form: `common.patient_names.folded`.
CREATE FUNCTION folded_name(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(
        normalize(
            replace(replace(replace(replace(replace(translate(
                regexp_replace(
                    lower(normalize(translate(regexp_replace(name,
                        '[\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u037a\u0384\u0385\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf'
                        '\u1fdd-\u1fdf\u1fed\u1fee\u1ffd\u1ffe\u2017\u203e\ufc5e-\ufc63\ufe49-\ufe4c\ufe70\ufe72\ufe74'
                        '\ufe76\ufe78\ufe7a\ufe7c\ufe7e]', '', 'g'),
                        U&'\309b\309c', U&'\3099\309a'), NFKD)),
                    '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a'
                    '\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0730-\u074a'
                    '\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f!"''():<>?@\[\]`{}\u00a1\u00ab\u00bb\u00bf'
                    '\u02b9-\u02df\u02e5-\u02ff\u055a-\u055f\u05c0\u05c3\u05c6\u05f3\u05f4\u2018-\u201f'
                    '\u2032-\u2037\u2039\u203a\u3008-\u3011\u3014-\u301b\u301d-\u301f\ua78b\ua78c\u00ad\u034f\u061c'
                    '\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f'
                    '\ufeff\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]', '', 'g'),
                'øđðħıłŧĸςƒɓɗƙƴʉ', 'oddhiltkσfbdkyu'),
                'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ŋ', 'ng'),
            NFC),
        'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶヽヾ',
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねのはばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖゝゞ')
$$;

-- The words of a name in their order, by which lists are sorted: `search_key`.
CREATE OR REPLACE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(btrim(regexp_replace(folded_name(name),
        '[\^=,;*/\\\u055d\u060c\u061b\u3001\-._~\u00b7\u0387\u058a\u05be\u1806\u2010-\u2015\u2022\u2027'
        '\u2043\u2053\u2212\u301c\u30a0\u30fb\u0001- \u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f'
        '\u205f\u3000]+', ' ', 'g')), 400)
$$;

-- All that a search can find a name by, between spaces: `search_words`.
CREATE FUNCTION name_words(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT concat(' ', apart,
        CASE WHEN hyphens_joined <> apart THEN ' ' || hyphens_joined END,
        CASE WHEN joined NOT IN (apart, hyphens_joined) THEN ' ' || joined END,
        CASE WHEN unspaced <> '' THEN ' ' || unspaced END,
        (SELECT string_agg(' ' || substr(unspaced, n, 2), '' ORDER BY n)
            FROM generate_series(1, length(unspaced) - 1) n),
        ' ')
    FROM folded_name(name) plain,
    LATERAL (SELECT
        regexp_replace(plain, '[\^=,;*/\\\u055d\u060c\u061b\u3001\-._~\u00b7\u0387\u058a\u05be\u1806\u2010-\u2015\u2022\u2027'
            '\u2043\u2053\u2212\u301c\u30a0\u30fb\u0001- \u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f'
            '\u205f\u3000]+', ' ', 'g'),
        regexp_replace(regexp_replace(plain, '[\-._~\u00b7\u0387\u058a\u05be\u1806\u2010-\u2015\u2022\u2027\u2043\u2053\u2212\u301c\u30a0'
            '\u30fb]+', '', 'g'),
            '[\^=,;*/\\\u055d\u060c\u061b\u3001\u0001- \u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f'
            '\u205f\u3000]+', ' ', 'g'),
        regexp_replace(regexp_replace(plain, '[\-._~\u00b7\u0387\u058a\u05be\u1806\u2010-\u2015\u2022\u2027\u2043\u2053\u2212\u301c\u30a0'
            '\u30fb\u0001- \u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+', '', 'g'),
            '[\^=,;*/\\\u055d\u060c\u061b\u3001\-._~\u00b7\u0387\u058a\u05be\u1806\u2010-\u2015\u2022\u2027'
            '\u2043\u2053\u2212\u301c\u30a0\u30fb\u0001- \u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f'
            '\u205f\u3000]+', ' ', 'g'),
        btrim(regexp_replace(regexp_replace(plain, '[^=\u3005-\u3007\u3041-\u3096\u3099\u309a\u309d\u309e\u30fc\u3105-\u312f\u3400-\u4dbf'
            '\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+', '', 'g'), '=+', ' ', 'g'))
        OFFSET 0) AS forms (apart, hyphens_joined, joined, unspaced)
$$;

-- A DICOM time, whole or the beginning of one, with or without colons; what is none is the beginning of the day.
CREATE FUNCTION dicom_time(raw text) RETURNS time LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT COALESCE((
        SELECT make_time(t[1]::int, COALESCE(t[2], '0')::int,
            LEAST((COALESCE(t[3], '0') || COALESCE(t[4], ''))::float8, 59.999999))
        FROM regexp_match(raw, '^ *([01][0-9]|2[0-3])(?::?([0-5][0-9])(?::?([0-5][0-9]|60)([.][0-9]{1,6})?)?)?(?![0-9])') t
        WHERE t IS NOT NULL), TIME '00:00')
$$;
"""

CARRIES = """
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
    {more}
    RETURN NEW;
END $$;

DROP TRIGGER placements_follow_their_study ON studies_study;
CREATE OR REPLACE FUNCTION placements_follow_their_study() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE studies_placement SET
        study_date = COALESCE(NEW.study_date, DATE '0001-01-01'),
        {more_of_study}
        name_key = name_key(NEW.patient_name),
        mrn_key = upper(btrim(NEW.patient_id)),
        accession_key = upper(btrim(NEW.accession_number))
    WHERE study_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER placements_follow_their_study
    AFTER UPDATE OF study_date, {time}patient_name, patient_id, accession_number ON studies_study
    FOR EACH ROW
    WHEN ((OLD.study_date, {old_time}OLD.patient_name, OLD.patient_id, OLD.accession_number)
          IS DISTINCT FROM (NEW.study_date, {new_time}NEW.patient_name, NEW.patient_id, NEW.accession_number))
    EXECUTE FUNCTION placements_follow_their_study();
"""

FORWARDS = CARRIES.format(
    more="NEW.name_words := name_words(s.patient_name);\n    NEW.study_time := dicom_time(s.study_time_raw);",
    more_of_study="study_time = dicom_time(NEW.study_time_raw),\n        name_words = name_words(NEW.patient_name),",
    time="study_time_raw, ",
    old_time="OLD.study_time_raw, ",
    new_time="NEW.study_time_raw, ",
)
BACKWARDS = CARRIES.format(more="", more_of_study="", time="", old_time="", new_time="")
NO_FUNCTIONS = r"""
DROP FUNCTION dicom_time(text);
DROP FUNCTION name_words(text);
CREATE OR REPLACE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(lower(name), '[\^=\s]+', ' ', 'g'))
$$;
DROP FUNCTION folded_name(text);
"""


class Migration(migrations.Migration):
    dependencies = [("studies", "0017_upload_results")]
    operations = [
        migrations.AddField(
            "placement", "name_words", models.TextField(db_default="", editable=False)
        ),
        migrations.AddField(
            "placement", "study_time", models.TimeField(db_default="00:00", editable=False)
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

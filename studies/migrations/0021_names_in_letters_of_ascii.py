"""What names are searched by is kept in letters of ASCII, whose trigrams every database has.

Where the character type of a database is "C", pg_trgm counts no other letter as part of a word: a search for a Chinese
or Cyrillic name then read every name of its worklist. Outside a transaction: no lock outlives a batch, and a batch that
is done changes nothing. Until the last batch is through, names in other letters are not found by a search.
"""

from django.db import migrations

BATCH = 250  # studies: no row is locked for longer than some tenths of a second

FUNCTIONS = r"""
-- Each sign outside ASCII as five capital letters: `common.patient_names.in_ascii`.
CREATE FUNCTION in_ascii(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(words) = length(words) THEN words ELSE (
        SELECT string_agg(
            CASE WHEN code < 128 THEN sign ELSE
                substr('MNOPQRSTUVWXYZ', 1 + code % 14, 1)
                || substr('ABCDEFGHIJKL', 1 + code / 14 % 12, 1)
                || substr('ABCDEFGHIJKL', 1 + code / 168 % 12, 1)
                || substr('ABCDEFGHIJKL', 1 + code / 2016 % 12, 1)
                || substr('ABCDEFGHIJKL', 1 + code / 24192 % 12, 1)
            END, '' ORDER BY at)
        FROM unnest(string_to_array(words, NULL)) WITH ORDINALITY AS each (sign, at), ascii(sign) AS code) END
$$;
ALTER FUNCTION name_words(text) RENAME TO name_forms;
CREATE FUNCTION name_words(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT in_ascii(name_forms(name))
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION name_words(text);
ALTER FUNCTION name_forms(text) RENAME TO name_words;
DROP FUNCTION in_ascii(text);
"""

FILL = """
UPDATE studies_placement p SET name_words = s.words
FROM (
    SELECT id, name_words(patient_name) AS words FROM studies_study
    WHERE id BETWEEN %s AND %s AND octet_length(patient_name) <> length(patient_name) OFFSET 0) s
WHERE s.id = p.study_id AND p.name_words IS DISTINCT FROM s.words
"""


def fill(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(min(id), 0), COALESCE(max(id), -1) FROM studies_study")
        first, last = cursor.fetchone()
        for start in range(first, last + 1, BATCH):
            cursor.execute(FILL, [start, start + BATCH - 1])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("studies", "0020_order_of_images")]
    operations = [
        migrations.RunSQL(f"BEGIN; {FUNCTIONS} COMMIT;", f"BEGIN; {NO_FUNCTIONS} COMMIT;"),
        migrations.RunPython(fill, fill),
    ]

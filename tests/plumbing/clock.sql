-- A clock that tests can move. Product code knows nothing of it: a test puts this schema before pg_catalog in search_path.
CREATE SCHEMA test_clock;
CREATE TABLE test_clock.shift (by interval NOT NULL);
INSERT INTO test_clock.shift VALUES ('0');
CREATE FUNCTION test_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT pg_catalog.statement_timestamp() + shift.by FROM test_clock.shift $$;
CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT pg_catalog.now() + shift.by FROM test_clock.shift $$;
GRANT USAGE ON SCHEMA test_clock TO cimar_app;
GRANT SELECT, UPDATE ON test_clock.shift TO cimar_app;

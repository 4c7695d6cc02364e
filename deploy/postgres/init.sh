#!/bin/sh
# Run once, by the image's own start, when the data folder is new: the two roles, their passwords, the database.
set -eu
sql=${CIMAR_SQL:?}

psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -f "$sql/roles.sql"
# Read by psql itself: as an argument a password would stand in the list of processes.
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres <<'SQL'
\set app `cat "$DATABASE_PASSWORD_FILE"`
\set owner `cat "$DATABASE_OWNER_PASSWORD_FILE"`
ALTER ROLE cimar_app PASSWORD :'app';
ALTER ROLE cimar_owner PASSWORD :'owner';
CREATE DATABASE cimar OWNER cimar_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE cimar FROM PUBLIC;
GRANT CONNECT ON DATABASE cimar TO cimar_app;
SQL
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -f "$sql/limits.sql"
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d cimar -f "$sql/database.sql"
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d cimar -c 'CREATE EXTENSION pg_stat_statements'

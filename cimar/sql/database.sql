-- What cimar_app may do with everything that cimar_owner makes in this database from now on.
-- Run once in each database, as a superuser, before the first migration:
--   CREATE DATABASE cimar OWNER cimar_owner; \connect cimar; \i roles.sql; \i database.sql
-- The audit's migrations take UPDATE and DELETE on the audit away again, and all but SELECT on the list of migrations.
GRANT USAGE, CREATE ON SCHEMA public TO cimar_owner;
-- Preset in PostgreSQL 15 and later: the site's role makes nothing, no function that could stand before a built-in one.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cimar_app;
ALTER DEFAULT PRIVILEGES FOR ROLE cimar_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cimar_app;
ALTER DEFAULT PRIVILEGES FOR ROLE cimar_owner GRANT USAGE, SELECT ON SEQUENCES TO cimar_app;
ALTER DEFAULT PRIVILEGES FOR ROLE cimar_owner GRANT EXECUTE ON FUNCTIONS TO cimar_app;

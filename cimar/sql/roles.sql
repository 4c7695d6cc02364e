-- The two roles of every installation. Run once per server, as a superuser, before database.sql.
-- cimar_owner owns the schema and migrates; cimar_app runs the application and may only add to the audit.
-- Give both a password where they sign in over a network: ALTER ROLE cimar_app PASSWORD '…';
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cimar_owner') THEN
        CREATE ROLE cimar_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cimar_app') THEN
        CREATE ROLE cimar_app LOGIN;
    END IF;
END
$$;

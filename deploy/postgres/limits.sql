-- How long anything may take, by role: settings of a session would not survive a pool that lends connections.
-- The site: longer than any task of a worker runs (ten minutes); pages have half a minute, see pgbouncer.ini.template.
ALTER ROLE cimar_app SET statement_timeout = '15min';
ALTER ROLE cimar_app SET lock_timeout = '30s';
-- A worker writes files to the store inside a transaction.
ALTER ROLE cimar_app SET idle_in_transaction_session_timeout = '10min';
-- A migration that waits for a lock makes everybody behind it wait too: it gives up, and is started again.
ALTER ROLE cimar_owner SET lock_timeout = '5s';

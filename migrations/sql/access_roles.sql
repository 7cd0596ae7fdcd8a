-- Roles are of the whole cluster; several databases may share them. Run first, as an administrator.
-- Nobody here is a superuser; the owner of the tables cannot even log in; and one passes over row
-- security, which may do nothing but read: a backup of some rows is none.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['wangge_owner', 'wangge_feed', 'wangge_gate', 'wangge_push',
                                'wangge_mover', 'wangge_resident', 'wangge_app', 'wangge_worker',
                                'wangge_backup', 'wangge_reporting', 'wangge_sealer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
        END IF;
    END LOOP;
END
$$;

ALTER ROLE wangge_owner  NOLOGIN NOBYPASSRLS;           -- owns the tables
ALTER ROLE wangge_feed   NOLOGIN NOBYPASSRLS;           -- owns the stamp and its triggers
ALTER ROLE wangge_gate   NOLOGIN NOBYPASSRLS;           -- owns the functions that answer "who may"
ALTER ROLE wangge_push   NOLOGIN NOBYPASSRLS;           -- the web, while it applies a push
ALTER ROLE wangge_mover  NOLOGIN NOBYPASSRLS;           -- the web, while a township or the county moves places
ALTER ROLE wangge_resident NOLOGIN NOBYPASSRLS;         -- the web, before somebody who only has a party's code
ALTER ROLE wangge_sealer NOLOGIN NOBYPASSRLS;           -- the worker, while it seals under another key
ALTER ROLE wangge_app    LOGIN NOINHERIT NOBYPASSRLS;   -- the web
ALTER ROLE wangge_worker LOGIN NOINHERIT NOBYPASSRLS;   -- jobs and the command line
-- These two log in where the county gives them a password (`wangge migrate`), and not before.
ALTER ROLE wangge_backup    NOINHERIT BYPASSRLS;        -- reads everything, writes nothing
ALTER ROLE wangge_reporting NOINHERIT NOBYPASSRLS;      -- the county's reports: sums, and no small ones

GRANT wangge_push, wangge_mover, wangge_resident TO wangge_app;
GRANT wangge_sealer TO wangge_worker;

-- Time-outs live here, where no connection can forget them. A role assumed with set_config keeps
-- those of the login role, so the others run under wangge_app's.
ALTER ROLE wangge_app    SET lock_timeout = '5s';
ALTER ROLE wangge_app    SET statement_timeout = '30s';
ALTER ROLE wangge_app    SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE wangge_app    SET max_parallel_workers_per_gather = 0;  -- its start costs more than a small tile
ALTER ROLE wangge_app    SET jit = off;
ALTER ROLE wangge_app    SET timezone = 'UTC';
ALTER ROLE wangge_worker SET lock_timeout = '5s';
ALTER ROLE wangge_worker SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE wangge_worker SET jit = off;
ALTER ROLE wangge_worker SET timezone = 'UTC';
ALTER ROLE wangge_backup    SET default_transaction_read_only = on;
ALTER ROLE wangge_backup    SET timezone = 'UTC';
ALTER ROLE wangge_reporting SET default_transaction_read_only = on;
ALTER ROLE wangge_reporting SET statement_timeout = '60s';
ALTER ROLE wangge_reporting SET idle_in_transaction_session_timeout = '60s';

-- Whether this is still the database that phones knew.

-- What changes when it is not: another cluster, another timeline (a point in time, a promoted
-- standby), another database of that name, another feed. The timeline is the one being written: the
-- control file tells the new one only after the first checkpoint that follows a promotion.
CREATE OR REPLACE FUNCTION gate.fingerprint() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                          ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int,
                          (SELECT oid FROM pg_database WHERE datname = current_database()),
                          'public.feed_entry'::regclass::oid)
$$;

-- Whether the web may open: not before the worker (or `wangge migrate`) has erased again whoever came
-- back with an older database, and begun an epoch. The worker itself, and IT, are always let in.
CREATE OR REPLACE FUNCTION gate.settled() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF session_user <> 'wangge_app' THEN
        RETURN true;
    END IF;
    RETURN NOT pg_is_in_recovery()
       AND (SELECT fingerprint FROM sync_epoch ORDER BY number DESC LIMIT 1)
           IS NOT DISTINCT FROM gate.fingerprint();
END
$$;

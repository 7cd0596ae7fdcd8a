-- Whose every function of ours is, and who may call it: nobody is PUBLIC. A new function needs no line
-- here; it only has to stand in one of the two schemas.
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name, n.nspname AS schema
               FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname IN ('gate', 'feed') LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO %I', f.name, 'wangge_' || f.schema);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
        IF f.schema = 'gate' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wangge_app, wangge_push, wangge_mover,
                            wangge_worker', f.name);
        END IF;
    END LOOP;
END
$$;
-- The stamp never asks who; these plain readers are for the triggers' owners too.
GRANT EXECUTE ON FUNCTION gate.user_id(), gate.device_id(), gate.now() TO wangge_feed, wangge_owner;
GRANT EXECUTE ON FUNCTION feed.digest(text, uuid, bigint) TO wangge_app, wangge_worker;
GRANT EXECUTE ON FUNCTION feed.erase(text, uuid[], text[]) TO wangge_worker;
-- What PostGIS tells of a table's geometries from the planner's statistics, it tells anybody: where
-- people live, past row security. It is left to superusers; the planner itself asks another way.
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
               JOIN pg_depend x ON x.objid = p.oid AND x.deptype = 'e'
              WHERE p.proname IN ('_postgis_stats', '_postgis_selectivity',
                                  '_postgis_join_selectivity', '_postgis_index_extent',
                                  'st_estimatedextent', 'st_findextent',
                                  'postgis_extensions_upgrade') LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
    END LOOP;
END
$$;

-- Two roles that people outside the service log in as, where the county lets them. A backup reads
-- everything: pg_dump refuses to leave rows out in silence. Whoever reports reads sums.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO wangge_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO wangge_backup;

GRANT EXECUTE ON FUNCTION gate.report() TO wangge_reporting;
REVOKE EXECUTE ON FUNCTION gate.report()
  FROM wangge_app, wangge_push, wangge_mover, wangge_worker;

-- Written by the worker and read by `wangge doctor`, which also reads which migration we stand at.
GRANT SELECT, INSERT, UPDATE ON heartbeat TO wangge_worker;
GRANT SELECT ON alembic_version TO wangge_worker;

CREATE POLICY worker ON heartbeat TO wangge_worker USING (true) WITH CHECK (true);

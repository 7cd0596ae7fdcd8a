-- Limits and working days are public; the county changes them through its own hand alone.
GRANT SELECT ON policy_version, calendar_day TO wangge_app, wangge_push;
GRANT SELECT, INSERT ON policy_version TO wangge_worker;
GRANT SELECT, INSERT, UPDATE ON calendar_day TO wangge_worker;

CREATE POLICY signed_in ON policy_version FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON calendar_day FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY worker ON policy_version TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON calendar_day   TO wangge_worker USING (true) WITH CHECK (true);

-- Limits and working days are public. Policies change through the county's own hand alone; of its
-- calendar the county office may change days that are there.
GRANT SELECT ON policy_version, calendar_day TO wangge_app, wangge_push;
GRANT SELECT, INSERT ON policy_version TO wangge_worker;
GRANT SELECT, INSERT, UPDATE ON calendar_day TO wangge_worker;

GRANT UPDATE (working, name, provisional, why) ON calendar_day TO wangge_app;

CREATE POLICY signed_in ON policy_version FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON calendar_day FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY county_office ON calendar_day FOR UPDATE TO wangge_app
    USING ((SELECT gate.sees_county())) WITH CHECK ((SELECT gate.sees_county()));
CREATE POLICY worker ON policy_version TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON calendar_day   TO wangge_worker USING (true) WITH CHECK (true);

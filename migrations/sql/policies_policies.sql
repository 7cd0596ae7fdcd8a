-- Limits and working days are public. The county office adds versions of the policy, and changes or
-- takes away none; of the calendar it may change days that are there.
GRANT SELECT ON policy_version, calendar_day TO wangge_app, wangge_push;
GRANT INSERT ON policy_version TO wangge_app;
GRANT SELECT, INSERT ON policy_version TO wangge_worker;
GRANT SELECT, INSERT, UPDATE ON calendar_day TO wangge_worker;

GRANT UPDATE (working, name, provisional, why) ON calendar_day TO wangge_app;

CREATE POLICY signed_in ON policy_version FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON calendar_day FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY county_office ON policy_version FOR INSERT TO wangge_app
    WITH CHECK ((SELECT gate.sees_county()));
CREATE POLICY county_office ON calendar_day FOR UPDATE TO wangge_app
    USING ((SELECT gate.sees_county())) WITH CHECK ((SELECT gate.sees_county()));
CREATE POLICY worker ON policy_version TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON calendar_day   TO wangge_worker USING (true) WITH CHECK (true);

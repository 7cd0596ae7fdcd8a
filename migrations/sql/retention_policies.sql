-- How long what is kept: decided at the keyboard of the county, carried out by the worker. The county
-- office reads both.
GRANT SELECT ON retention_setting, retention_run TO wangge_app;
GRANT SELECT, INSERT, UPDATE ON retention_setting, retention_run TO wangge_worker;
CREATE POLICY county_office ON retention_setting FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY county_office ON retention_run FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY worker ON retention_setting TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON retention_run     TO wangge_worker USING (true) WITH CHECK (true);

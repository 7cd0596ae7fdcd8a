-- What was handed over, and by which ids others know our rows, is written by the county's own hand
-- and read by the county office. A number or an id tells somebody else nothing that they may know.
GRANT SELECT ON external_ref, handover, handover_row TO wangge_app;
GRANT SELECT, INSERT ON handover, handover_row TO wangge_worker;
GRANT UPDATE (digest, counts) ON handover TO wangge_worker; -- known when its file is complete
GRANT SELECT, INSERT, UPDATE (external_id) ON external_ref TO wangge_worker;

CREATE POLICY county_office ON external_ref FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY county_office ON handover FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY county_office ON handover_row FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY worker ON external_ref TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON handover     TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON handover_row TO wangge_worker USING (true) WITH CHECK (true);

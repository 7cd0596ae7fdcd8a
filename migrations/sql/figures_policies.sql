-- Sums are read by the Offices of an Area and of those above it; what others handled, the service tells
-- in full tens. Only the worker counts; triggers, and it itself, say what has to be counted.
GRANT SELECT ON figure_month TO wangge_app, wangge_gate;
GRANT SELECT, INSERT, DELETE ON figure_month TO wangge_worker;
GRANT SELECT, INSERT ON figure_dirty TO wangge_gate;
GRANT SELECT, INSERT, DELETE ON figure_dirty TO wangge_worker;

CREATE POLICY of_my_areas ON figure_month FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()) OR area_id = ANY (ARRAY(SELECT gate.figure_areas())));
CREATE POLICY gate_reads ON figure_month FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON figure_month TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY gate_adds ON figure_dirty FOR INSERT TO wangge_gate WITH CHECK (true);
CREATE POLICY gate_reads ON figure_dirty FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON figure_dirty TO wangge_worker USING (true) WITH CHECK (true);

-- What is counted of cases whose file was erased: times and levels, under ids that lead nowhere.
GRANT SELECT ON figure_kept TO wangge_app;
GRANT SELECT, INSERT ON figure_kept TO wangge_worker;
CREATE POLICY of_my_areas ON figure_kept FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()) OR area_id = ANY (ARRAY(SELECT gate.figure_areas())));
CREATE POLICY worker ON figure_kept TO wangge_worker USING (true) WITH CHECK (true);

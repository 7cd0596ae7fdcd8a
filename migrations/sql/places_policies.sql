-- Areas, cells, their boundaries and what they were called are no secret among those who work here.
GRANT SELECT ON area, grid_cell, boundary, area_label, cell_label, area_successor
   TO wangge_app, wangge_push, wangge_gate, wangge_worker;
GRANT INSERT, UPDATE ON area, grid_cell, boundary TO wangge_worker;
GRANT INSERT ON area_successor TO wangge_worker;
-- Labels are written by the triggers alone: one is closed, never rewritten.
GRANT INSERT, UPDATE (valid_to) ON area_label, cell_label TO wangge_gate;

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['area', 'grid_cell', 'boundary', 'area_label', 'cell_label',
                               'area_successor'] LOOP
        EXECUTE format('CREATE POLICY signed_in ON %I FOR SELECT TO wangge_app, wangge_push
                        USING ((SELECT gate.admitted()))', tab);
        EXECUTE format('CREATE POLICY gate_reads ON %I FOR SELECT TO wangge_gate USING (true)', tab);
        EXECUTE format('CREATE POLICY worker ON %I TO wangge_worker
                        USING (true) WITH CHECK (true)', tab);
    END LOOP;
END
$$;
CREATE POLICY trigger_adds   ON area_label FOR INSERT TO wangge_gate WITH CHECK (true);
CREATE POLICY trigger_closes ON area_label FOR UPDATE TO wangge_gate USING (true) WITH CHECK (true);
CREATE POLICY trigger_adds   ON cell_label FOR INSERT TO wangge_gate WITH CHECK (true);
CREATE POLICY trigger_closes ON cell_label FOR UPDATE TO wangge_gate USING (true) WITH CHECK (true);

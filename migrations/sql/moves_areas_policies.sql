-- Areas are renamed, merged, split and transferred by the county office alone. Everything that hangs on
-- them follows by id; what was said in a case and who holds it is not touched.
GRANT SELECT ON area_label, cell_label, area_successor TO wangge_mover;
GRANT INSERT, UPDATE (code, name, parent_id, ended_at) ON area TO wangge_mover;
GRANT INSERT ON area_successor TO wangge_mover;
GRANT UPDATE (code, village_id) ON grid_cell TO wangge_mover;
GRANT UPDATE (village_id) ON household TO wangge_mover;
GRANT SELECT (area_id), UPDATE (village_id, area_id) ON dispute TO wangge_mover;
GRANT UPDATE (village_id) ON dispute_place TO wangge_mover;
GRANT DELETE, INSERT (dispute_id, village_id) ON dispute_place
   TO wangge_gate;  -- gate.collapse_places(), gate.spread_places()
GRANT UPDATE (area_id, lead) ON office TO wangge_mover;
GRANT UPDATE (area_id) ON assignment TO wangge_mover;

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['area_label', 'cell_label', 'area_successor'] LOOP
        EXECUTE format('CREATE POLICY mover_reads ON %I FOR SELECT TO wangge_mover
                        USING ((SELECT gate.admitted()))', tab);
    END LOOP;
END
$$;
CREATE POLICY county_founds ON area FOR INSERT TO wangge_mover
    WITH CHECK ((SELECT gate.sees_county()));
CREATE POLICY county_renames ON area FOR UPDATE TO wangge_mover
    USING ((SELECT gate.sees_county()));
CREATE POLICY county_tells ON area_successor FOR INSERT TO wangge_mover
    WITH CHECK ((SELECT gate.sees_county()));
CREATE POLICY county_draws ON boundary FOR INSERT TO wangge_mover
    WITH CHECK (area_id IS NOT NULL AND (SELECT gate.sees_county()));
CREATE POLICY county_redraws ON boundary FOR UPDATE TO wangge_mover
    USING (area_id IS NOT NULL AND (SELECT gate.sees_county()));
CREATE POLICY county_rehangs ON office FOR UPDATE TO wangge_mover
    USING ((SELECT gate.sees_county()));
CREATE POLICY county_rehangs ON assignment FOR UPDATE TO wangge_mover
    USING (area_id IS NOT NULL AND (SELECT gate.sees_county()));
CREATE POLICY gate_collapses ON dispute_place FOR DELETE TO wangge_gate USING (true);
CREATE POLICY gate_spreads ON dispute_place FOR INSERT TO wangge_gate WITH CHECK (true);

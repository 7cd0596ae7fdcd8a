-- A move is made as wangge_mover: by a township's supervisor within the township, by the county office
-- within the county, and by nobody else (gate.my_charge). It may see where things are, whom they
-- belong to and how many there are, and change where they belong; no name, number or story passes.
GRANT SELECT, INSERT ON move TO wangge_mover, wangge_worker;
GRANT SELECT ON move TO wangge_app;
GRANT SELECT ON area, grid_cell, boundary, office TO wangge_mover;
GRANT SELECT (id, login, name, active, created_at) ON user_account TO wangge_mover;
GRANT INSERT ON grid_cell, boundary TO wangge_mover;
GRANT UPDATE (name, groups, ended_at) ON grid_cell TO wangge_mover;
GRANT UPDATE (valid_to) ON boundary TO wangge_mover;
GRANT SELECT (id, village_id, cell_id, bucket, group_no, geom, placed_by, unplaced),
      UPDATE (cell_id, placed_by, unplaced) ON household TO wangge_mover;
GRANT SELECT, INSERT, UPDATE (valid_to) ON household_placing TO wangge_mover;
GRANT SELECT (id, household_id, bucket) ON visit TO wangge_mover;
GRANT SELECT (id, village_id, cell_id), UPDATE (cell_id) ON dispute TO wangge_mover;
GRANT SELECT, UPDATE (cell_id) ON dispute_place TO wangge_mover;
GRANT SELECT (id, dispute_id, household_id) ON party TO wangge_mover;
GRANT SELECT (id, dispute_id, office_id, ended_at) ON holding TO wangge_mover;
GRANT SELECT (id, dispute_id) ON dispute_event TO wangge_mover;
GRANT SELECT, INSERT, UPDATE (valid_to) ON assignment TO wangge_mover;
GRANT SELECT (bucket, n) ON feed_head TO wangge_mover;
GRANT SELECT (id, user_id, seen_at, revoked_at) ON device TO wangge_mover;
GRANT INSERT ON audit_act TO wangge_mover;

-- History: made in one's own name within one's charge, read by those who answer for any of it.
CREATE POLICY in_my_charge ON move FOR SELECT TO wangge_app, wangge_mover
    USING ((SELECT gate.sees_county()) OR area_ids && ARRAY(SELECT gate.my_charge()));
CREATE POLICY in_own_name ON move FOR INSERT TO wangge_mover
    WITH CHECK (applied_by = gate.user_id() AND applied_at = gate.now()
                AND ((SELECT gate.sees_county()) OR area_ids <@ ARRAY(SELECT gate.my_charge())));
CREATE POLICY worker ON move TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY mover_in_own_name ON audit_act FOR INSERT TO wangge_mover
    WITH CHECK (user_id IS NOT DISTINCT FROM gate.user_id());

-- Places and colleagues are no secret; what phones hold is for who may move it.
DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['area', 'grid_cell', 'boundary', 'user_account', 'office',
                               'assignment'] LOOP
        EXECUTE format('CREATE POLICY mover_reads ON %I FOR SELECT TO wangge_mover
                        USING ((SELECT gate.admitted()))', tab);
    END LOOP;
END
$$;
CREATE POLICY mover_weighs ON feed_head FOR SELECT TO wangge_mover
    USING ((SELECT gate.holds_role('township_supervisor', 'county_office')));
CREATE POLICY mover_weighs ON device FOR SELECT TO wangge_mover
    USING (user_id IN (SELECT gate.my_phones()));

CREATE POLICY mover_draws ON grid_cell FOR INSERT TO wangge_mover
    WITH CHECK (village_id IN (SELECT gate.my_charge()));
CREATE POLICY mover_redraws ON grid_cell FOR UPDATE TO wangge_mover
    USING (village_id IN (SELECT gate.my_charge()))
    WITH CHECK (village_id IN (SELECT gate.my_charge()));
CREATE POLICY mover_draws ON boundary FOR INSERT TO wangge_mover
    WITH CHECK (EXISTS (SELECT FROM grid_cell c WHERE c.id = cell_id
                           AND c.village_id IN (SELECT gate.my_charge())));
CREATE POLICY mover_redraws ON boundary FOR UPDATE TO wangge_mover
    USING (EXISTS (SELECT FROM grid_cell c WHERE c.id = cell_id
                      AND c.village_id IN (SELECT gate.my_charge())));

-- Of what lies in the places: where it is now and where it goes must both be in one's charge, and a
-- cell is one of the village.
CREATE POLICY mover ON household TO wangge_mover
    USING (village_id IN (SELECT gate.my_charge()))
    WITH CHECK (village_id IN (SELECT gate.my_charge())
                AND (cell_id IS NULL
                     OR EXISTS (SELECT FROM grid_cell c
                                 WHERE c.id = cell_id AND c.village_id = household.village_id)));
CREATE POLICY mover ON household_placing TO wangge_mover
    USING (village_id IN (SELECT gate.my_charge()))
    WITH CHECK (village_id IN (SELECT gate.my_charge()));
CREATE POLICY mover_counts ON visit FOR SELECT TO wangge_mover
    USING (EXISTS (SELECT FROM household h WHERE h.id = household_id));
CREATE POLICY mover ON dispute_place TO wangge_mover
    USING (village_id IN (SELECT gate.my_charge()))
    WITH CHECK (village_id IN (SELECT gate.my_charge())
                AND (cell_id IS NULL
                     OR EXISTS (SELECT FROM grid_cell c
                                 WHERE c.id = cell_id AND c.village_id = dispute_place.village_id)));
-- A case that lies across townships is moved by each where it is known there.
CREATE POLICY mover ON dispute TO wangge_mover
    USING (EXISTS (SELECT FROM dispute_place p WHERE p.dispute_id = dispute.id))
    WITH CHECK (EXISTS (SELECT FROM dispute_place p WHERE p.dispute_id = dispute.id)
                AND (village_id IS NULL OR village_id IN (SELECT gate.my_charge()))
                AND (cell_id IS NULL
                     OR EXISTS (SELECT FROM grid_cell c WHERE c.id = cell_id
                                   AND c.village_id IN (SELECT gate.my_charge()))));
CREATE POLICY mover_reads ON party FOR SELECT TO wangge_mover
    USING (EXISTS (SELECT FROM dispute_place p WHERE p.dispute_id = party.dispute_id));
CREATE POLICY mover_reads ON holding FOR SELECT TO wangge_mover
    USING (EXISTS (SELECT FROM dispute_place p WHERE p.dispute_id = holding.dispute_id));
CREATE POLICY mover_counts ON dispute_event FOR SELECT TO wangge_mover
    USING (EXISTS (SELECT FROM dispute_place p WHERE p.dispute_id = dispute_event.dispute_id));

-- A supervisor sends workers to cells; who supervises, mediates or administers is not decided here.
-- Who served until now is history: late visits are judged by it.
CREATE POLICY mover_sends ON assignment FOR INSERT TO wangge_mover
    WITH CHECK (role = 'grid_worker' AND valid_from >= gate.now()
                AND EXISTS (SELECT FROM grid_cell c WHERE c.id = cell_id
                               AND c.village_id IN (SELECT gate.my_charge())));
CREATE POLICY mover_recalls ON assignment FOR UPDATE TO wangge_mover
    USING (role = 'grid_worker' AND (valid_to IS NULL OR valid_to > gate.now())
           AND EXISTS (SELECT FROM grid_cell c WHERE c.id = cell_id
                          AND c.village_id IN (SELECT gate.my_charge())))
    WITH CHECK (role = 'grid_worker' AND (valid_to IS NULL OR valid_to >= gate.now())
                AND EXISTS (SELECT FROM grid_cell c WHERE c.id = cell_id
                               AND c.village_id IN (SELECT gate.my_charge())));

-- A household is read and changed by those who hold its place now. Its author may also
-- read back what this very request wrote, so that nothing is acknowledged unread; a replay that comes
-- later is answered under the authority of that later time.
GRANT SELECT, INSERT ON household TO wangge_app, wangge_push, wangge_worker;
GRANT UPDATE ON household TO wangge_worker;
-- Which household it is, of which village, who made it and what others call it stays: areas are moved.
GRANT UPDATE (cell_id, group_no, kind, state, head_name, head_index, telephone, telephone_index, address,
              near_address, people, lon, lat, datum, accuracy_m, geom, placed_by, unplaced, stamps)
   ON household TO wangge_app, wangge_push;
-- Authority is judged from past placings: one is closed, never rewritten.
GRANT SELECT, INSERT, UPDATE (valid_to) ON household_placing TO wangge_app, wangge_push, wangge_worker;
GRANT SELECT ON household, household_placing TO wangge_gate;

CREATE POLICY in_my_places ON household TO wangge_app, wangge_push
    USING ((SELECT gate.sees_county()) OR bucket IN (SELECT gate.my_places()))
    WITH CHECK ((SELECT gate.sees_county()) OR bucket IN (SELECT gate.my_places()));
-- Somebody who serves a village may make a household in it; its point may lie in a colleague's cell.
CREATE POLICY author_writes ON household FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (recorded_by = gate.user_id()
                AND 'v:' || village_id IN (SELECT gate.my_places()));
CREATE POLICY author_reads_back ON household FOR SELECT TO wangge_app, wangge_push
    USING (recorded_by = gate.user_id() AND created_at = gate.now());

CREATE POLICY of_my_villages ON household_placing TO wangge_app, wangge_push
    USING ((SELECT gate.sees_county())
           OR 'v:' || village_id IN (SELECT gate.my_places()))
    WITH CHECK ((SELECT gate.sees_county())
                OR 'v:' || village_id IN (SELECT gate.my_places()));

CREATE POLICY gate_reads ON household FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON household_placing   FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON household TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON household_placing   TO wangge_worker USING (true) WITH CHECK (true);

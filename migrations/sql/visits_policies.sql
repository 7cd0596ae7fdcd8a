-- A visit is read by those who hold its household's place now; its author may add it and, within
-- the same request, read it back. Nobody changes one: only the household's move carries `bucket` along, as the owner.
GRANT SELECT, INSERT ON visit TO wangge_app, wangge_push, wangge_worker;
GRANT SELECT ON visit TO wangge_gate;

CREATE POLICY in_my_places ON visit FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()) OR bucket IN (SELECT gate.my_places()));
-- One policy, its author first: what somebody holds is worked out only for visits of others.
CREATE POLICY author_reads_back ON visit FOR SELECT TO wangge_push
    USING ((recorded_by = gate.user_id() AND received_at = gate.now())
           OR (SELECT gate.sees_county()) OR bucket IN (SELECT gate.my_places()));
CREATE POLICY in_own_name ON visit FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (recorded_by = gate.user_id());

CREATE POLICY gate_reads ON visit FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON visit TO wangge_worker USING (true) WITH CHECK (true);

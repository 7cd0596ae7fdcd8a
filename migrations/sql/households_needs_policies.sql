-- A service-need tag is read with its household, and written only with its consent, in one's own name.
-- Consents are history: who gave one is read by whoever sees the household, and only the county's own
-- hand ends one by time.
GRANT SELECT, INSERT ON consent, service_need TO wangge_app, wangge_push;
GRANT UPDATE (ended_at, ended_how, ended_by) ON consent TO wangge_app, wangge_push;
GRANT UPDATE (withdrawn, stamps) ON service_need TO wangge_app, wangge_push;
GRANT SELECT ON service_need TO wangge_gate;
GRANT SELECT, INSERT, UPDATE, DELETE ON consent, service_need TO wangge_worker;

CREATE POLICY in_my_places ON service_need FOR SELECT TO wangge_app, wangge_push
    USING ((recorded_by = gate.user_id() AND received_at = gate.now())
           OR (SELECT gate.sees_county()) OR bucket IN (SELECT gate.my_places()));
CREATE POLICY in_own_name ON service_need FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (recorded_by = gate.user_id() AND received_at = gate.now()
                AND EXISTS (SELECT FROM consent c
                             WHERE (c.id, c.household_id, c.need)
                                   = (service_need.id, service_need.household_id, service_need.need)));
CREATE POLICY withdrawn_in_my_places ON service_need FOR UPDATE TO wangge_app, wangge_push
    USING ((SELECT gate.sees_county()) OR bucket IN (SELECT gate.my_places()));
CREATE POLICY with_its_household ON consent FOR SELECT TO wangge_app, wangge_push
    USING ((recorded_by = gate.user_id() AND received_at = gate.now())
           OR EXISTS (SELECT FROM household h WHERE h.id = household_id));
CREATE POLICY in_own_name ON consent FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (recorded_by = gate.user_id() AND received_at = gate.now());
CREATE POLICY ended_with_its_household ON consent FOR UPDATE TO wangge_app, wangge_push
    USING (ended_at IS NULL AND EXISTS (SELECT FROM household h WHERE h.id = household_id))
    WITH CHECK (ended_by = gate.user_id());
CREATE POLICY gate_reads ON service_need FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON service_need TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON consent      TO wangge_worker USING (true) WITH CHECK (true);

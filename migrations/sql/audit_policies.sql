-- Anybody who acts writes acts in their own name; nobody changes or deletes one. The audit administrator
-- reads them, and nobody else does.
GRANT INSERT ON audit_act TO wangge_app, wangge_push;
GRANT SELECT ON audit_act TO wangge_app;
GRANT SELECT, INSERT ON audit_act TO wangge_worker;

CREATE POLICY in_own_name ON audit_act FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (user_id IS NOT DISTINCT FROM gate.user_id());
CREATE POLICY auditor ON audit_act FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')));
CREATE POLICY worker_reads ON audit_act FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_writes ON audit_act FOR INSERT TO wangge_worker WITH CHECK (user_id IS NULL);

-- The chain: the worker seals what waits and adds heads.
GRANT SELECT, DELETE ON audit_unsealed TO wangge_worker;
GRANT SELECT, INSERT ON audit_seal, audit_head TO wangge_worker;
GRANT SELECT ON audit_cut, audit_setting TO wangge_worker;
GRANT SELECT ON audit_seal, audit_head, audit_cut, audit_setting TO wangge_app;
GRANT UPDATE (months, heads_to, changed_at, changed_by) ON audit_setting TO wangge_app;

CREATE POLICY worker ON audit_unsealed TO wangge_worker USING (true);
CREATE POLICY worker ON audit_seal     TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON audit_head     TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON audit_cut      FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker ON audit_setting  FOR SELECT TO wangge_worker USING (true);
CREATE POLICY auditor ON audit_seal    FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')));
CREATE POLICY auditor ON audit_head    FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')));
CREATE POLICY auditor ON audit_cut     FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')));
CREATE POLICY auditor ON audit_setting FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')));
CREATE POLICY auditor_changes ON audit_setting FOR UPDATE TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')))
    WITH CHECK (changed_by = gate.user_id());

-- What the gate's functions do: queue an act, and cut what is old.
GRANT INSERT ON audit_unsealed TO wangge_gate;
GRANT SELECT, DELETE ON audit_act, audit_seal TO wangge_gate;
GRANT SELECT, INSERT ON audit_cut TO wangge_gate;
GRANT SELECT ON audit_setting TO wangge_gate;
CREATE POLICY gate ON audit_unsealed FOR INSERT TO wangge_gate WITH CHECK (true);
CREATE POLICY gate_reads ON audit_act  FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_cuts  ON audit_act  FOR DELETE TO wangge_gate USING (true);
CREATE POLICY gate_reads ON audit_seal FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_cuts  ON audit_seal FOR DELETE TO wangge_gate USING (true);
CREATE POLICY gate ON audit_cut     TO wangge_gate USING (true) WITH CHECK (true);
CREATE POLICY gate ON audit_setting FOR SELECT TO wangge_gate USING (true);
REVOKE EXECUTE ON FUNCTION gate.cut_audit(bigint, bigint, bytea, timestamptz, text, bytea)
  FROM wangge_app, wangge_push, wangge_mover;

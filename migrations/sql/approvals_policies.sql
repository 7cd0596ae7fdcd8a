-- An approval is known to who asked, to those who may decide it, and to the audit's administrator; what
-- of it may change, and by whom, the trigger judges. Rows that were taken are the gate's own.
GRANT SELECT, INSERT ON approval TO wangge_app, wangge_worker;
GRANT UPDATE (verdict, note, decided_by, decided_device, decided_at, expires_at, used_at) ON approval
   TO wangge_app, wangge_worker;
GRANT SELECT, INSERT, DELETE ON export_taken TO wangge_gate;

CREATE POLICY known_to_me ON approval FOR SELECT TO wangge_app
    USING ((SELECT gate.admitted())
           AND (asked_by = gate.user_id()
                OR (SELECT gate.holds_role('audit_admin'))
                OR gate.may_decide(gate.user_id(), act, what, asked_by)));
CREATE POLICY in_own_name ON approval FOR INSERT TO wangge_app
    WITH CHECK ((SELECT gate.admitted())
                AND asked_by = gate.user_id()
                AND asked_device IS NOT DISTINCT FROM gate.device_id()
                AND gate.may_ask(gate.user_id(), act, what)
                AND asked_at = gate.now() AND expires_at = gate.now() + interval '72 hours'
                AND verdict IS NULL AND decided_by IS NULL AND used_at IS NULL);
CREATE POLICY mine_or_mine_to_decide ON approval FOR UPDATE TO wangge_app
    USING ((SELECT gate.admitted())
           AND (asked_by = gate.user_id() OR gate.may_decide(gate.user_id(), act, what, asked_by)))
    WITH CHECK ((SELECT gate.admitted())
           AND (asked_by = gate.user_id() OR gate.may_decide(gate.user_id(), act, what, asked_by)));

-- The county's own hand asks, withdraws and uses its own; it decides nothing.
CREATE POLICY worker_reads ON approval FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_asks ON approval FOR INSERT TO wangge_worker
    WITH CHECK (asked_by IS NULL AND verdict IS NULL AND used_at IS NULL
                AND asked_at = gate.now() AND expires_at = gate.now() + interval '72 hours');
CREATE POLICY worker_uses ON approval FOR UPDATE TO wangge_worker
    USING (asked_by IS NULL)
    WITH CHECK (asked_by IS NULL AND (decided_by IS NULL OR used_at IS NOT NULL));
CREATE POLICY gate_counts ON export_taken TO wangge_gate USING (true) WITH CHECK (true);

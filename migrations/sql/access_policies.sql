-- Colleagues are known to each other by name and Office; what proves them, and what makes them step
-- aside from a case, is for the gate alone.
GRANT SELECT (id, login, name, active, created_at) ON user_account TO wangge_app, wangge_push;
GRANT SELECT ON office, assignment, device, login TO wangge_app, wangge_push;
-- Whose a row is never changes: ids are nobody's to update.
GRANT SELECT, INSERT ON user_account, credential, office, assignment, device, login TO wangge_worker;
GRANT UPDATE (name, active, household_id, telephone_index) ON user_account TO wangge_worker;
GRANT UPDATE (password_hash) ON credential TO wangge_worker;
GRANT UPDATE (area_id, name, kind, public_telephone, lead) ON office TO wangge_worker;  -- mergers
GRANT UPDATE (role, cell_id, office_id, area_id, leads, valid_from, valid_to) ON assignment
   TO wangge_worker;
GRANT UPDATE (seen_at, revoked_at, revoked_by, revoked_why) ON device TO wangge_worker;
GRANT UPDATE (succeeded_by, revoked_at) ON login TO wangge_worker;
GRANT INSERT ON device, login TO wangge_app;
-- Nobody but the county's own hand brings a revoked device or login back.
GRANT UPDATE (succeeded_by, revoked_at) ON login TO wangge_app;
GRANT UPDATE (next_n, last_time, seen_at) ON device TO wangge_push;
GRANT SELECT ON alembic_version TO wangge_app;
GRANT SELECT ON user_account, credential, office, assignment, device TO wangge_gate;
GRANT SELECT, UPDATE ON login TO wangge_gate;

CREATE POLICY signed_in ON user_account FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON office FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON assignment FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY own ON device TO wangge_app, wangge_push
    USING (user_id = gate.user_id()) WITH CHECK (user_id = gate.user_id());
CREATE POLICY own ON login TO wangge_app
    USING (user_id = gate.user_id()) WITH CHECK (user_id = gate.user_id());

CREATE POLICY gate_reads ON user_account FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON credential   FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON office       FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON assignment   FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON device       FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_marks ON login        TO wangge_gate USING (true) WITH CHECK (true);

CREATE POLICY worker ON user_account TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON credential   TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON office       TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON assignment   TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON device       TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON login        TO wangge_worker USING (true) WITH CHECK (true);

-- Anybody who acts writes acts in their own name; nobody changes or deletes one.
GRANT INSERT ON audit_act TO wangge_app, wangge_push;
GRANT SELECT ON audit_act TO wangge_app;
GRANT SELECT, INSERT ON audit_act TO wangge_worker;

CREATE POLICY in_own_name ON audit_act FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (user_id IS NOT DISTINCT FROM gate.user_id());
CREATE POLICY auditor ON audit_act FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('audit_admin')));
CREATE POLICY worker_reads ON audit_act FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_writes ON audit_act FOR INSERT TO wangge_worker WITH CHECK (user_id IS NULL);

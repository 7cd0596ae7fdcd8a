-- What is owed is written by whoever acts, in the request of the act, and read back by nobody but the
-- worker, which delivers it. The system administrator sees how far the deliveries have come (by which
-- columns, the grants say: no body, no address, no secret) and has dead ones tried again.
GRANT INSERT (id, kind, dispute_id, office_ids, body, once, owed_at) ON notice
   TO wangge_app, wangge_push;
GRANT SELECT (id, kind, owed_at, fanned_at) ON notice TO wangge_app;
GRANT SELECT (id, name, channel, active, stopped_at, removed_at, failures, rests_until)
   ON notice_subscription TO wangge_app;
GRANT SELECT (id, notice_id, subscription_id, state, tries, since, next_at, ended_at, status, error),
      UPDATE (state, since, next_at, lease, ended_at) ON notice_delivery TO wangge_app;
GRANT SELECT, INSERT, DELETE, UPDATE (fanned_at) ON notice TO wangge_worker;
GRANT SELECT, INSERT, UPDATE ON notice_subscription TO wangge_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON notice_delivery TO wangge_worker;

CREATE POLICY with_the_act ON notice FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (owed_at = gate.now() AND gate.user_id() IS NOT NULL);
CREATE POLICY system_admin ON notice FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('system_admin')));
CREATE POLICY system_admin ON notice_subscription FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('system_admin')));
CREATE POLICY system_admin ON notice_delivery FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('system_admin')));
CREATE POLICY tried_again ON notice_delivery FOR UPDATE TO wangge_app
    USING ((SELECT gate.holds_role('system_admin')))
    WITH CHECK (state = 'waiting' AND since = gate.now() AND next_at = gate.now());

CREATE POLICY worker ON notice              TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON notice_subscription TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON notice_delivery     TO wangge_worker USING (true) WITH CHECK (true);

-- Receipts and conflicts are written by a push in its author's name; supervisors read what waits in
-- their places. The epoch is read by everybody who syncs.
GRANT SELECT, INSERT ON sync_receipt, sync_conflict, sync_quarantine TO wangge_push;
GRANT SELECT ON sync_receipt, sync_conflict, sync_quarantine, sync_epoch TO wangge_app;
GRANT SELECT ON sync_epoch TO wangge_push;
GRANT UPDATE ON sync_conflict, sync_quarantine TO wangge_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sync_receipt, sync_conflict, sync_quarantine TO wangge_worker;
GRANT SELECT, INSERT ON sync_epoch TO wangge_worker;

CREATE POLICY own_device ON sync_receipt TO wangge_app, wangge_push
    USING (device_id = gate.device_id()) WITH CHECK (device_id = gate.device_id());
CREATE POLICY own_device ON sync_conflict FOR INSERT TO wangge_push
    WITH CHECK (device_id = gate.device_id());
CREATE POLICY in_my_places ON sync_conflict TO wangge_app
    USING ((SELECT gate.holds_role('township_supervisor', 'county_office'))
           AND ((SELECT gate.sees_county()) OR bucket = ANY (ARRAY(SELECT gate.my_places()))));
CREATE POLICY own ON sync_quarantine TO wangge_app, wangge_push
    USING (author_id = gate.user_id()) WITH CHECK (author_id = gate.user_id());
CREATE POLICY supervised ON sync_quarantine TO wangge_app
    USING ((SELECT gate.sees_county())
           OR author_id = ANY (ARRAY(SELECT gate.my_colleagues())));
-- Also a revoked phone must hear where it stands, to drop what it holds.
CREATE POLICY signed_in ON sync_epoch FOR SELECT TO wangge_app, wangge_push
    USING (gate.user_id() IS NOT NULL);

CREATE POLICY worker ON sync_receipt    TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_conflict   TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_quarantine TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_epoch      TO wangge_worker USING (true) WITH CHECK (true);

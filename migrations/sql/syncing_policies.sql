-- Receipts and conflicts are written by a push in its author's name; supervisors read what waits in
-- their places and decide it, and nobody decides about what they wrote themselves but the county
-- office. What was sent stays as it was sent: only the decision is written. The epoch is read by
-- everybody who syncs.
GRANT SELECT, INSERT ON sync_receipt, sync_conflict, sync_quarantine TO wangge_push;
GRANT SELECT ON sync_receipt, sync_conflict, sync_quarantine, sync_epoch TO wangge_app;
GRANT SELECT ON sync_epoch TO wangge_push;
-- What a phone tells of itself: with a push, or with a pull, whose own transaction writes nothing.
GRANT UPDATE (unsent_changes, unsent_rejected, unsent_files, unsent_oldest_at, unsent_at, unsent_boot,
              unsent_elapsed) ON device TO wangge_push, wangge_app;
GRANT UPDATE (closed_at, closed_by, closed_how, corrected, why) ON sync_quarantine TO wangge_app;
GRANT UPDATE (decided, decided_by, decided_at) ON sync_conflict TO wangge_app;
GRANT INSERT ON sync_conflict TO wangge_app; -- what is released may meet another edit
GRANT SELECT, INSERT, UPDATE ON sync_alarm TO wangge_app, wangge_push;
GRANT SELECT, INSERT, UPDATE, DELETE ON sync_receipt, sync_conflict, sync_quarantine, sync_alarm
   TO wangge_worker;
GRANT SELECT, INSERT ON sync_epoch TO wangge_worker;
GRANT DELETE ON feed_mark TO wangge_worker;
GRANT SELECT ON sync_receipt, sync_conflict, feed_head TO wangge_gate;
GRANT SELECT (device_id, mid, n, reason, received_at, closed_at, closed_how) ON sync_quarantine
   TO wangge_gate;

CREATE POLICY own_device ON sync_receipt TO wangge_app, wangge_push
    USING (device_id = gate.device_id()) WITH CHECK (device_id = gate.device_id());

CREATE POLICY own_device ON sync_conflict FOR INSERT TO wangge_push
    WITH CHECK (device_id = gate.device_id());
-- A conflict follows its household: whoever may see that one now decides.
CREATE POLICY of_my_households ON sync_conflict FOR SELECT TO wangge_app
    USING ((SELECT gate.holds_role('township_supervisor', 'county_office'))
           AND EXISTS (SELECT FROM household h WHERE h.id = row_id));
CREATE POLICY decided_by_me ON sync_conflict FOR UPDATE TO wangge_app
    USING (needs_person AND decided IS NULL
           AND (SELECT gate.holds_role('township_supervisor', 'county_office'))
           AND EXISTS (SELECT FROM household h WHERE h.id = row_id))
    WITH CHECK (decided_by = gate.user_id());
CREATE POLICY released_by_me ON sync_conflict FOR INSERT TO wangge_app
    WITH CHECK ((SELECT gate.holds_role('township_supervisor', 'county_office'))
                AND EXISTS (SELECT FROM sync_quarantine q
                             WHERE (q.device_id, q.mid, q.row_id)
                                   = (sync_conflict.device_id, sync_conflict.mid, sync_conflict.row_id)
                               AND q.closed_by = gate.user_id() AND q.closed_how = 'released'));

CREATE POLICY own ON sync_quarantine FOR SELECT TO wangge_app, wangge_push
    USING (author_id = gate.user_id());
CREATE POLICY in_own_name ON sync_quarantine FOR INSERT TO wangge_push
    WITH CHECK (author_id = gate.user_id() AND device_id = gate.device_id());
-- Of whom one is or was in charge of, about one's own area; where no area is known, of whom one was in
-- charge of when it was written, or came. What was decided stays decided.
CREATE POLICY supervised ON sync_quarantine FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county())
           OR place = ANY (ARRAY(SELECT gate.my_places()))
              AND author_id = ANY (ARRAY(SELECT user_id FROM gate.my_charges()))
           OR place IS NULL
              AND EXISTS (SELECT FROM gate.my_charges() c
                           WHERE c.user_id = author_id AND c.valid_from <= received_at
                             AND (c.valid_to IS NULL
                                  OR c.valid_to > coalesce(recorded_at, received_at))));
CREATE POLICY decided_by_me ON sync_quarantine FOR UPDATE TO wangge_app
    USING (closed_at IS NULL
           AND ((SELECT gate.sees_county())
                OR author_id <> gate.user_id()
                   AND (place = ANY (ARRAY(SELECT gate.my_places()))
                        AND author_id = ANY (ARRAY(SELECT user_id FROM gate.my_charges()))
                        OR place IS NULL
                           AND EXISTS (SELECT FROM gate.my_charges() c
                                        WHERE c.user_id = author_id AND c.valid_from <= received_at
                                          AND (c.valid_to IS NULL
                                               OR c.valid_to > coalesce(recorded_at, received_at))))))
    WITH CHECK (closed_by = gate.user_id());

-- An alarm is raised about the phone that asks; read by whoever is in charge of its user, and by IT.
CREATE POLICY own_device ON sync_alarm TO wangge_app, wangge_push
    USING (device_id = gate.device_id() AND user_id = gate.user_id())
    WITH CHECK (device_id = gate.device_id() AND user_id = gate.user_id());
CREATE POLICY supervised ON sync_alarm FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()) OR (SELECT gate.holds_role('system_admin'))
           OR user_id = ANY (ARRAY(SELECT gate.my_colleagues())));

-- Also a revoked phone must hear where it stands, to drop what it holds.
CREATE POLICY signed_in ON sync_epoch FOR SELECT TO wangge_app, wangge_push
    USING (gate.user_id() IS NOT NULL);

-- The gate counts, and tells no content.
CREATE POLICY gate_reads ON sync_receipt    FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON sync_conflict   FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON sync_quarantine FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON feed_head       FOR SELECT TO wangge_gate USING (true);

CREATE POLICY worker ON sync_receipt    TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_conflict   TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_quarantine TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_alarm      TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON sync_epoch      TO wangge_worker USING (true) WITH CHECK (true);
-- Marks are kept 60 days and the newest for ever: without it no phone would know its own history.
CREATE POLICY worker_purges ON feed_mark FOR DELETE TO wangge_worker
    USING (at < gate.now() - interval '60 days' AND seq < (SELECT max(seq) FROM feed_mark));

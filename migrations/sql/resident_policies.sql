-- The resident, by code alone (wangge_resident): the case of that party and nothing else, by the
-- columns that say how it goes; of the parties only the own row, without the name; of the history only
-- one's own letters and the answers to them. Written only as a party may (gate.resident_may_write), and
-- a case changes only beside such a move of this very request.
-- = ANY (ARRAY(SELECT)): two or three ids, found by index however many cases there are.
GRANT SELECT (id, category, status, level, office_id, area_id, start_level, received_at, recorded_at,
              related_id, relation, follow_up_until, disposition),
      UPDATE (status, level, office_id, follow_up_until, alerted_at) ON dispute TO wangge_resident;
GRANT SELECT, INSERT ON holding TO wangge_resident;  -- which columns change: disputes_policies.sql
GRANT SELECT (id, area_id, name, level, kind, public_telephone, lead) ON office TO wangge_resident;
GRANT SELECT (id, dispute_id, side) ON party TO wangge_resident;
GRANT SELECT (id, dispute_id, agreement_id, n, party_id, content, due_on, done_at)
   ON term TO wangge_resident;
GRANT SELECT (id, dispute_id, n, kind, holding_id, party_id, why, received_at),
      INSERT ON dispute_event TO wangge_resident;
GRANT SELECT, INSERT ON rating, resident_receipt TO wangge_resident;
GRANT UPDATE (outcome) ON resident_receipt TO wangge_resident;
GRANT SELECT ON policy_version, calendar_day TO wangge_resident;
GRANT INSERT ON audit_act TO wangge_resident;
GRANT INSERT (id, kind, dispute_id, office_ids, body, once, owed_at) ON notice TO wangge_resident;
GRANT EXECUTE ON FUNCTION
      gate.user_id(), gate.device_id(), gate.now(), gate.resident_party(), gate.resident_cases(),
      gate.resident_moves(), gate.resident_may_write(text, uuid, uuid, uuid), gate.resident_told(),
      gate.resident_alone()
   TO wangge_resident;
-- A party's move goes the way of all others: the case under lock, and who would receive it above.
DO $$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
              WHERE p.pronamespace = 'gate'::regnamespace
                AND p.proname IN ('open_cases', 'receivers_of', 'offices_named') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wangge_resident', f.name);
    END LOOP;
END
$$;

CREATE POLICY resident ON dispute FOR SELECT TO wangge_resident
    USING (id = ANY (ARRAY(SELECT c.dispute_id FROM gate.resident_cases() c)));
CREATE POLICY resident_moves ON dispute FOR UPDATE TO wangge_resident
    USING (id = ANY (ARRAY(SELECT gate.resident_moves())));
CREATE POLICY resident ON holding FOR SELECT TO wangge_resident
    USING (dispute_id = ANY (ARRAY(SELECT c.dispute_id FROM gate.resident_cases() c)));
CREATE POLICY resident_moves ON holding FOR UPDATE TO wangge_resident
    USING (dispute_id = ANY (ARRAY(SELECT gate.resident_moves())));
CREATE POLICY resident_begins ON holding FOR INSERT TO wangge_resident
    WITH CHECK (dispute_id = ANY (ARRAY(SELECT gate.resident_moves())));
-- Offices that hold or held the case; public as they are, they tell nothing to whoever has no code.
CREATE POLICY resident ON office FOR SELECT TO wangge_resident
    USING (id = ANY (ARRAY(SELECT h.office_id FROM holding h)));
CREATE POLICY resident ON party FOR SELECT TO wangge_resident
    USING (id = (SELECT gate.resident_party()));
CREATE POLICY resident ON term FOR SELECT TO wangge_resident
    USING (party_id = (SELECT gate.resident_party()));
CREATE POLICY resident ON dispute_event FOR SELECT TO wangge_resident
    USING (party_id = (SELECT gate.resident_party())
           -- The answer to one's own request, and not to one that another party made before.
           OR kind = 'answer'
              AND EXISTS (SELECT FROM holding h
                           WHERE h.id = holding_id
                             AND h.request_party_id = (SELECT gate.resident_party())
                             AND h.request_at <= dispute_event.received_at));
CREATE POLICY resident_writes ON dispute_event FOR INSERT TO wangge_resident
    WITH CHECK (recorded_by IS NULL AND done_by IS NULL AND device_id IS NULL
                AND received_at = gate.now() AND recorded_at <= gate.now()
                AND gate.resident_may_write(kind, dispute_id, party_id, office_id));
CREATE POLICY resident ON rating FOR SELECT TO wangge_resident
    USING (party_id = (SELECT gate.resident_party()));
CREATE POLICY resident_rates ON rating FOR INSERT TO wangge_resident
    WITH CHECK (party_id = (SELECT gate.resident_party()) AND at = gate.now()
                AND EXISTS (SELECT FROM holding h WHERE h.id = holding_id
                                                    AND h.dispute_id = rating.dispute_id
                                                    AND h.level = rating.level));
CREATE POLICY resident ON resident_receipt FOR SELECT TO wangge_resident
    USING (party_id = (SELECT gate.resident_party()));
CREATE POLICY resident_sends ON resident_receipt FOR INSERT TO wangge_resident
    WITH CHECK (party_id = (SELECT gate.resident_party()) AND at = gate.now());
CREATE POLICY resident_hears ON resident_receipt FOR UPDATE TO wangge_resident
    USING (party_id = (SELECT gate.resident_party()) AND at = gate.now());
CREATE POLICY resident ON policy_version FOR SELECT TO wangge_resident
    USING ((SELECT gate.resident_party()) IS NOT NULL);
CREATE POLICY resident ON calendar_day FOR SELECT TO wangge_resident
    USING ((SELECT gate.resident_party()) IS NOT NULL);
CREATE POLICY resident ON audit_act FOR INSERT TO wangge_resident WITH CHECK (user_id IS NULL);
CREATE POLICY resident ON notice FOR INSERT TO wangge_resident
    WITH CHECK (owed_at = gate.now()
                AND dispute_id = ANY (ARRAY(SELECT c.dispute_id FROM gate.resident_cases() c)));

-- Codes are made by whoever sees the case, and read back by nobody: not even the digests.
GRANT SELECT (party_id, made_at, ended_at), UPDATE (ended_at),
      INSERT (digest, party_id, made_at, made_by) ON party_code TO wangge_app, wangge_push;
CREATE POLICY of_my_case ON party_code FOR SELECT TO wangge_app, wangge_push
    USING (EXISTS (SELECT FROM party p WHERE p.id = party_id));
CREATE POLICY in_own_name ON party_code FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (made_by = gate.user_id() AND made_at = gate.now()
                AND EXISTS (SELECT FROM party p WHERE p.id = party_id));
CREATE POLICY replaced ON party_code FOR UPDATE TO wangge_app, wangge_push
    USING (ended_at IS NULL AND EXISTS (SELECT FROM party p WHERE p.id = party_id))
    WITH CHECK (ended_at = gate.now());

-- Ratings are read with the case.
GRANT SELECT ON rating TO wangge_app;
CREATE POLICY known_to_me ON rating FOR SELECT TO wangge_app
    USING (EXISTS (SELECT FROM dispute d WHERE d.id = dispute_id));

GRANT SELECT (id, dispute_id, side) ON party TO wangge_gate;
GRANT SELECT (related_id) ON dispute TO wangge_gate;
GRANT SELECT (party_id, rights_told, referred_to) ON dispute_event TO wangge_gate;
GRANT SELECT ON party_code TO wangge_gate;
CREATE POLICY gate_finds_by_code ON party      FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads         ON party_code FOR SELECT TO wangge_gate USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON party_code, rating, resident_receipt TO wangge_worker;
CREATE POLICY worker ON party_code       TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON rating           TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON resident_receipt TO wangge_worker USING (true) WITH CHECK (true);

-- A dispute is read by those who hold one of its places or whose Office holds or held it, by its
-- author and by the Areas above. It is written only together with a registration or a move, in one's
-- own name and in the same request (gate.my_moves); which moves the state allows, the ladder has judged
-- before, who may move it at all, gate.may_write judges again. During a push the author reads back what
-- that request wrote.
--
-- IN (SELECT) and not = ANY (ARRAY(SELECT)), unlike for places: there may be thousands of ids, no
-- index is driven by them, and an array is searched from its start for every row. Counting 5,000
-- disputes of 5,000: 223 ms with the array, 35 ms with the hashed subplan; one row by id: the same.
GRANT SELECT, INSERT ON dispute, dispute_place, party, holding, dispute_event
   TO wangge_app, wangge_push, wangge_worker;
GRANT UPDATE ON dispute, holding TO wangge_worker;
-- What was told, by whom, where and when stays; so does who held a case, under which policy, since when.
GRANT UPDATE (status, level, office_id, related_id, relation, again, disposition, follow_up_until,
              alerted_at) ON dispute TO wangge_app, wangge_push;
GRANT UPDATE (accept_by, handle_by, due_at, accepted_at, extension_asked_at, extension_answer_by,
              extension_declined, extended, overdue_at, ended_at, ended_how, objected_at,
              objection_decided_at, request_party_id, request_at, request_answer_by,
              request_answered_at, warned_at) ON holding TO wangge_app, wangge_push, wangge_resident;
GRANT UPDATE, DELETE ON dispute_place TO wangge_worker;
GRANT SELECT ON dispute_place TO wangge_feed;
GRANT SELECT (id, dispute_id) ON dispute_event TO wangge_feed;
-- The gate knows where cases stand, and nothing of what was said. It locks them and writes nothing.
GRANT SELECT (id, category, area_id, status, level, office_id, recorded_at, recorded_by, received_at,
              related_id, relation, disposition, follow_up_until, alerted_at),
      UPDATE (status) ON dispute TO wangge_gate;
GRANT SELECT (id, dispute_id, n, kind, from_status, office_id, holding_id, party_id, hash, recorded_by,
              received_at) ON dispute_event TO wangge_gate;
GRANT SELECT (id, dispute_id, event_id, form, confirmed_at) ON agreement TO wangge_gate;
GRANT SELECT (dispute_id, agreement_id, n, done_at) ON term TO wangge_gate;
GRANT SELECT (event_id, dispute_id, kind, office_id, lifted_at) ON supervision TO wangge_gate;
GRANT SELECT ON dispute_place, holding TO wangge_gate;

CREATE POLICY known_to_me ON dispute FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.sees_county()) OR id IN (SELECT gate.my_disputes()));
CREATE POLICY in_own_name ON dispute FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (recorded_by = gate.user_id() AND received_at = gate.now()
                AND recorded_at <= gate.now() AND gate.may_register(area_id, recorded_at));
CREATE POLICY by_my_move ON dispute FOR UPDATE TO wangge_app, wangge_push
    USING (id = ANY (ARRAY(SELECT gate.my_moves())));
CREATE POLICY author_reads_back ON dispute FOR SELECT TO wangge_push
    USING (id = ANY (ARRAY(SELECT gate.my_acts())));

CREATE POLICY in_own_name ON dispute_event FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (received_at = gate.now()
                AND (recorded_by = gate.user_id()
                        AND gate.may_write(kind, dispute_id, holding_id, office_id, recorded_at)
                     -- What follows by itself from one's own move: an Office above stands in, the same
                     -- matter goes on elsewhere, the last agreed term was done.
                     OR recorded_by IS NULL AND kind IN ('note', 'merge', 'pass_over', 'close')
                        AND dispute_id = ANY (ARRAY(SELECT gate.my_moves()))
                     -- What goes before it: one's own record was in time.
                     OR recorded_by IS NULL AND kind = 'withdraw_climb'
                        AND gate.may_withdraw(dispute_id, holding_id)));

CREATE POLICY author_reads_back ON dispute_event FOR SELECT TO wangge_push
    USING (recorded_by = gate.user_id() AND received_at = gate.now());

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['dispute_place', 'party', 'holding', 'dispute_event'] LOOP
        EXECUTE format('CREATE POLICY known_to_me ON %I FOR SELECT TO wangge_app, wangge_push
            USING ((SELECT gate.sees_county())
                   OR dispute_id IN (SELECT gate.my_disputes()))', tab);
        IF tab <> 'dispute_event' THEN
            EXECUTE format('CREATE POLICY author_reads_back ON %I FOR SELECT TO wangge_push
                USING (dispute_id = ANY (ARRAY(SELECT gate.my_acts())))', tab);
            EXECUTE format('CREATE POLICY by_my_move ON %I FOR INSERT TO wangge_app, wangge_push
                WITH CHECK (dispute_id = ANY (ARRAY(SELECT gate.my_moves()))%s)', tab,
                CASE tab WHEN 'dispute_place' THEN ' AND gate.may_place(dispute_id, village_id)'
                         ELSE '' END);
        END IF;
        IF tab <> 'party' THEN
            EXECUTE format('CREATE POLICY gate_reads ON %I FOR SELECT TO wangge_gate
                            USING (true)', tab);
        END IF;
        EXECUTE format('CREATE POLICY worker ON %I TO wangge_worker
                        USING (true) WITH CHECK (true)', tab);
    END LOOP;
END
$$;
CREATE POLICY moved_by_my_move ON holding FOR UPDATE TO wangge_app, wangge_push
    USING (dispute_id = ANY (ARRAY(SELECT gate.my_moves())));

CREATE POLICY gate_reads ON dispute FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_locks ON dispute FOR UPDATE TO wangge_gate USING (true) WITH CHECK (false);
CREATE POLICY worker ON dispute TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY feed_reads ON dispute_place FOR SELECT TO wangge_feed USING (true);
CREATE POLICY feed_reads ON dispute_event FOR SELECT TO wangge_feed USING (true);

-- What belongs to a case beside its history: read with the case, written beside a move of one's own.
-- What was claimed and agreed stays: only what became of it is added.
GRANT SELECT, INSERT ON claim, agreement, term, joint_office, supervision TO wangge_app, wangge_push;
GRANT UPDATE (outcome, outcome_event_id) ON claim TO wangge_app, wangge_push;
GRANT UPDATE (confirmed_at) ON agreement TO wangge_app, wangge_push;
GRANT UPDATE (done_at, done_event_id) ON term TO wangge_app, wangge_push;
GRANT UPDATE (ended_at, ended_event_id) ON joint_office TO wangge_app, wangge_push;
GRANT UPDATE (lifted_at, lifted_event_id) ON supervision TO wangge_app, wangge_push;
GRANT SELECT, INSERT, UPDATE ON claim, agreement, term, joint_office, supervision TO wangge_worker;
GRANT SELECT ON joint_office TO wangge_gate;
DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['claim', 'agreement', 'term', 'joint_office', 'supervision'] LOOP
        EXECUTE format('CREATE POLICY known_to_me ON %I FOR SELECT TO wangge_app, wangge_push
            USING ((SELECT gate.sees_county())
                   OR dispute_id IN (SELECT gate.my_disputes()))', tab);
        EXECUTE format('CREATE POLICY author_reads_back ON %I FOR SELECT TO wangge_push
            USING (dispute_id = ANY (ARRAY(SELECT gate.my_acts())))', tab);
        EXECUTE format('CREATE POLICY by_my_move ON %I FOR INSERT TO wangge_app, wangge_push
            WITH CHECK (dispute_id = ANY (ARRAY(SELECT gate.my_moves())))', tab);
        EXECUTE format('CREATE POLICY moved_by_my_move ON %I FOR UPDATE TO wangge_app, wangge_push
            USING (dispute_id = ANY (ARRAY(SELECT gate.my_moves())))', tab);
        EXECUTE format('CREATE POLICY worker ON %I TO wangge_worker
                        USING (true) WITH CHECK (true)', tab);
    END LOOP;
END
$$;
CREATE POLICY gate_reads ON joint_office FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON agreement    FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON term         FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON supervision  FOR SELECT TO wangge_gate USING (true);

-- Whoever steps aside from a case sees nothing of it: neither through a place, an Office or the county,
-- nor what waits of it in quarantine but the own words. Restrictive: every other policy is narrowed.
-- One function for each statement, asked once (a hashed subplan): few cases have a recusal at all.
GRANT SELECT, INSERT ON recusal TO wangge_app, wangge_push;
GRANT SELECT, INSERT, UPDATE (event_id, ended_at) ON recusal TO wangge_worker;
GRANT SELECT ON dispute_hearer TO wangge_worker;
GRANT SELECT, INSERT ON recusal TO wangge_gate;
GRANT SELECT, INSERT, DELETE ON dispute_hearer TO wangge_gate;
GRANT SELECT ON recusal, dispute_hearer TO wangge_feed;
GRANT SELECT (id, dispute_id, side, user_id, office_id, household_id, telephone_index) ON party
   TO wangge_gate;

-- Beside one's own event, by which somebody steps aside or is told to.
CREATE POLICY by_my_move ON recusal FOR INSERT TO wangge_app, wangge_push
    WITH CHECK (user_id IS NOT NULL AND found_by IN ('declared', 'asked') AND ended_at IS NULL
                AND dispute_id = ANY (ARRAY(SELECT gate.my_moves())));
CREATE POLICY known_to_me ON recusal FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.sees_county()) OR dispute_id IN (SELECT gate.my_disputes()));
CREATE POLICY gate_reads ON recusal FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_finds ON recusal FOR INSERT TO wangge_gate WITH CHECK (true);
CREATE POLICY gate_settles ON dispute_hearer TO wangge_gate USING (true) WITH CHECK (true);
CREATE POLICY feed_reads ON recusal        FOR SELECT TO wangge_feed USING (true);
CREATE POLICY feed_reads ON dispute_hearer FOR SELECT TO wangge_feed USING (true);
CREATE POLICY gate_reads ON party FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON recusal        TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON dispute_hearer TO wangge_worker USING (true) WITH CHECK (true);

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['dispute_place', 'party', 'holding', 'dispute_event', 'claim',
                               'agreement', 'term', 'joint_office', 'supervision', 'rating',
                               'recusal'] LOOP
        EXECUTE format('CREATE POLICY not_aside ON %I AS RESTRICTIVE FOR SELECT
            TO wangge_app, wangge_push USING (dispute_id NOT IN (SELECT gate.my_recusals())%s)', tab,
            -- What was recorded before is taken as a note; its author reads it back.
            CASE tab WHEN 'dispute_event'
                     THEN ' OR recorded_by = gate.user_id() AND received_at = gate.now()'
                     ELSE '' END);
    END LOOP;
END
$$;
CREATE POLICY not_aside ON dispute AS RESTRICTIVE FOR SELECT TO wangge_app, wangge_push
    USING (id NOT IN (SELECT gate.my_recusals()));
CREATE POLICY not_aside ON sync_quarantine AS RESTRICTIVE FOR SELECT TO wangge_app, wangge_push
    USING (author_id = gate.user_id()
           OR coalesce(needs_id, row_id) NOT IN (SELECT gate.my_recusals()));

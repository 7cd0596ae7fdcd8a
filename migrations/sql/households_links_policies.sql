-- A link is seen by whoever sees either end, and made by who sees both; what is at the far end is
-- read there, or not. It is ended, never rewritten. The subqueries are under the reader's own policies.
GRANT SELECT, INSERT, UPDATE (valid_to) ON household_link TO wangge_app, wangge_worker;

CREATE POLICY of_either_end ON household_link FOR SELECT TO wangge_app
    USING (EXISTS (SELECT FROM household h WHERE h.id = from_id)
           OR EXISTS (SELECT FROM household h WHERE h.id = to_id));
CREATE POLICY at_both_ends ON household_link FOR INSERT TO wangge_app
    WITH CHECK (recorded_by = gate.user_id()
                AND EXISTS (SELECT FROM household h WHERE h.id = from_id)
                AND (to_id IS NULL OR EXISTS (SELECT FROM household h WHERE h.id = to_id)));
CREATE POLICY ends_at_both_ends ON household_link FOR UPDATE TO wangge_app
    USING (EXISTS (SELECT FROM household h WHERE h.id = from_id)
           AND (to_id IS NULL OR EXISTS (SELECT FROM household h WHERE h.id = to_id)));
CREATE POLICY worker ON household_link TO wangge_worker USING (true) WITH CHECK (true);

-- Likely duplicates are found by the county's own hand, and decided by who sees both households.
GRANT SELECT, UPDATE (decided, why, decided_by, decided_at) ON likely_duplicate TO wangge_app;
GRANT SELECT, INSERT ON likely_duplicate TO wangge_worker;

CREATE POLICY of_both ON likely_duplicate TO wangge_app
    USING (EXISTS (SELECT FROM household h WHERE h.id = first_id)
           AND EXISTS (SELECT FROM household h WHERE h.id = second_id));
CREATE POLICY worker ON likely_duplicate TO wangge_worker USING (true) WITH CHECK (true);

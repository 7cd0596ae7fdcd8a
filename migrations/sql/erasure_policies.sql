-- Erasures are asked for by the county office and carried out by the county's own hand, which alone
-- may delete what people have written. Nobody changes one but to say that it is done.
GRANT SELECT, INSERT ON erasure TO wangge_app;
GRANT SELECT, INSERT, UPDATE (done_at, counts) ON erasure TO wangge_worker;
GRANT DELETE ON household, household_placing, household_link, likely_duplicate, external_ref,
                handover_row, visit TO wangge_worker;
GRANT UPDATE (supersedes_id) ON visit TO wangge_worker;
GRANT UPDATE (kind, household_id, office_id, user_id, name, telephone, telephone_index) ON party
   TO wangge_worker;
-- Of history, the words of the one who is erased; all of it only with a whole case (feed_functions.sql).
GRANT UPDATE (why, agreement, erased_at) ON dispute_event TO wangge_worker;
GRANT DELETE ON dispute, dispute_place, party, holding, dispute_event, claim, agreement, term,
                joint_office, supervision, recusal TO wangge_worker;

CREATE POLICY county_office ON erasure FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY asked_by_county_office ON erasure FOR INSERT TO wangge_app
    WITH CHECK (asked_by = gate.user_id() AND done_at IS NULL AND (SELECT gate.sees_county()));
CREATE POLICY worker ON erasure TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY feed_reads ON erasure FOR SELECT TO wangge_feed USING (true);
GRANT SELECT (entity, row_id, done_at) ON erasure TO wangge_feed;

-- Texts that may still speak of an erased person: listed by the county's own hand, read and decided by
-- the county office, carried out by the county's own hand again.
GRANT SELECT ON erasure_mention TO wangge_app;
GRANT UPDATE (decided, wording, decided_by, decided_at) ON erasure_mention TO wangge_app;
GRANT SELECT, INSERT, DELETE ON erasure_mention TO wangge_worker;
GRANT UPDATE (decided, wording, decided_by, decided_at, done_at) ON erasure_mention TO wangge_worker;
CREATE POLICY county_office ON erasure_mention FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY decided_by_me ON erasure_mention FOR UPDATE TO wangge_app
    USING (done_at IS NULL AND (SELECT gate.sees_county()))
    WITH CHECK (decided_by = gate.user_id());
CREATE POLICY not_aside ON erasure_mention AS RESTRICTIVE TO wangge_app
    USING (dispute_id NOT IN (SELECT gate.my_recusals()));
CREATE POLICY worker ON erasure_mention TO wangge_worker USING (true) WITH CHECK (true);

-- Erasures are asked for by the county office and carried out by the county's own hand, which alone
-- may delete what people have written. Nobody changes one but to say that it is done.
GRANT SELECT, INSERT ON erasure TO wangge_app;
GRANT SELECT, INSERT, UPDATE (done_at, counts) ON erasure TO wangge_worker;
GRANT DELETE ON household, household_placing, household_link, likely_duplicate, external_ref,
                handover_row, visit TO wangge_worker;
GRANT UPDATE (supersedes_id) ON visit TO wangge_worker;
GRANT UPDATE (kind, household_id, name, telephone, telephone_index) ON party TO wangge_worker;

CREATE POLICY county_office ON erasure FOR SELECT TO wangge_app
    USING ((SELECT gate.sees_county()));
CREATE POLICY asked_by_county_office ON erasure FOR INSERT TO wangge_app
    WITH CHECK (asked_by = gate.user_id() AND done_at IS NULL AND (SELECT gate.sees_county()));
CREATE POLICY worker ON erasure TO wangge_worker USING (true) WITH CHECK (true);

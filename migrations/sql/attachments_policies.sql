-- An attachment is read by those who read its owner: each look goes through the owner's own policies.
-- It is added in one's own name, by those who may add to the owner. Nobody changes one; only the
-- county's own hand deletes, when a person is erased.
GRANT SELECT, INSERT ON attachment TO wangge_app, wangge_worker;
GRANT DELETE ON attachment TO wangge_worker;
GRANT SELECT ON attachment TO wangge_gate;
GRANT SELECT, INSERT, DELETE ON attachment_leftover TO wangge_worker;

CREATE POLICY with_its_owner ON attachment FOR SELECT TO wangge_app
    USING (CASE owner_entity
        WHEN 'visit'         THEN EXISTS (SELECT FROM visit v         WHERE v.id = owner_id)
        WHEN 'dispute'       THEN EXISTS (SELECT FROM dispute d       WHERE d.id = owner_id)
        WHEN 'dispute_event' THEN EXISTS (SELECT FROM dispute_event e WHERE e.id = owner_id)
        WHEN 'agreement'     THEN EXISTS (SELECT FROM agreement a     WHERE a.id = owner_id)
        ELSE false END);
CREATE POLICY in_own_name ON attachment FOR INSERT TO wangge_app
    WITH CHECK (recorded_by = gate.user_id() AND received_at = gate.now()
                AND recorded_at <= gate.now() AND gate.may_attach(owner_entity, owner_id));
CREATE POLICY gate_reads ON attachment FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON attachment TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON attachment_leftover TO wangge_worker USING (true) WITH CHECK (true);

-- Who may add to a record: its author, also after the place went to somebody else; to a case also
-- those who act in it. As the asker, so that what they may not see they cannot add to either.
CREATE OR REPLACE FUNCTION gate.may_attach(an_entity text, an_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF gate.wrote(an_entity, an_id) THEN
        RETURN true;
    ELSIF an_entity = 'visit'
       OR NOT gate.holds_role('mediator', 'township_supervisor', 'county_office') THEN
        RETURN false;
    END IF;
    RETURN CASE an_entity
        WHEN 'dispute'       THEN EXISTS (SELECT FROM dispute d       WHERE d.id = an_id)
        WHEN 'dispute_event' THEN EXISTS (SELECT FROM dispute_event e WHERE e.id = an_id)
        WHEN 'agreement'     THEN EXISTS (SELECT FROM agreement a     WHERE a.id = an_id)
        ELSE false END;
END
$$;

-- Whether the asker wrote this record, and is not recused from its case.
CREATE OR REPLACE FUNCTION gate.wrote(an_entity text, an_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN gate.admitted() AND CASE an_entity
        WHEN 'visit' THEN
            EXISTS (SELECT FROM visit v
                     WHERE v.id = an_id AND gate.user_id() IN (v.recorded_by, v.done_by))
        WHEN 'dispute' THEN
            EXISTS (SELECT FROM dispute d
                     WHERE d.id = an_id AND d.recorded_by = gate.user_id()
                       AND d.id NOT IN (SELECT gate.my_recusals()))
        WHEN 'dispute_event' THEN
            EXISTS (SELECT FROM dispute_event e
                     WHERE e.id = an_id AND e.recorded_by = gate.user_id()
                       AND e.dispute_id NOT IN (SELECT gate.my_recusals()))
        WHEN 'agreement' THEN
            EXISTS (SELECT FROM agreement a JOIN dispute_event e ON e.id = a.event_id
                     WHERE a.id = an_id AND e.recorded_by = gate.user_id()
                       AND a.dispute_id NOT IN (SELECT gate.my_recusals()))
        ELSE false END;
END
$$;

-- What the asker sent under this id: an answer that was lost is given again, also to somebody who
-- reads the record no longer.
CREATE OR REPLACE FUNCTION gate.my_attachment(an_id uuid) RETURNS SETOF attachment
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT * FROM attachment a WHERE a.id = an_id AND a.recorded_by = gate.user_id() $$;

CREATE OR REPLACE FUNCTION gate.count_attachments(an_entity text, an_id uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT count(*) FROM attachment a WHERE a.owner_entity = an_entity AND a.owner_id = an_id $$;

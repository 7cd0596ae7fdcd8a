-- What the gate answers about disputes, and the chain of their events. What policies ask at every
-- statement is plpgsql, which keeps its plans.
-- Owned by wangge_gate: the answers are ids, states and yes or no; no story and no name passes here.

-- Levels in order: village 1, township 2, county 3.
CREATE OR REPLACE FUNCTION gate.rung(level text) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT array_position(ARRAY['village', 'township', 'county'], level) $$;

-- Disputes that the asker may read: in one's places, those one's Offices hold or held, and those that
-- one registered oneself (in a colleague's cell, perhaps) in a village where one still serves.
CREATE OR REPLACE FUNCTION gate.my_disputes() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH places AS MATERIALIZED (SELECT ARRAY(SELECT gate.my_places()) AS held)
    SELECT dispute_id FROM dispute_place WHERE bucket = ANY ((SELECT held FROM places)::text[])
    UNION
    SELECT dispute_id FROM holding WHERE office_id = ANY (ARRAY(SELECT gate.my_offices()))
    UNION
    SELECT d.id FROM dispute d JOIN dispute_place p ON p.dispute_id = d.id
     WHERE d.recorded_by = gate.user_id()
       AND 'v:' || p.village_id = ANY ((SELECT held FROM places)::text[]);
END
$$;

-- Disputes that the asker registered or wrote an event of in this very request: the author reads
-- them back during a push.
CREATE OR REPLACE FUNCTION gate.my_acts() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT id         FROM dispute
     WHERE recorded_by = gate.user_id() AND received_at = gate.now()
    UNION
    SELECT dispute_id FROM dispute_event
     WHERE recorded_by = gate.user_id() AND received_at = gate.now();
END
$$;

-- Those among them that the asker registered or moved: a case changes only together with a move in
-- the author's own name, and a note is none.
CREATE OR REPLACE FUNCTION gate.my_moves() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT id         FROM dispute
     WHERE recorded_by = gate.user_id() AND received_at = gate.now()
    UNION
    SELECT dispute_id FROM dispute_event
     WHERE recorded_by = gate.user_id() AND received_at = gate.now() AND kind <> 'note';
END
$$;

-- Where households are, by village and cell and nothing else: a party may live where the author may
-- not look.
CREATE OR REPLACE FUNCTION gate.villages_of(households uuid[])
RETURNS TABLE (household_id uuid, village_id uuid, cell_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT h.id, h.village_id, h.cell_id FROM household h WHERE h.id = ANY (households) $$;

-- What the asker held at a moment: as gate.my_assignments has it of now, administrators apart.
CREATE OR REPLACE FUNCTION gate.held_at(at timestamptz)
RETURNS TABLE (role text, cell_id uuid, village_id uuid, office_id uuid, office_level text,
               area_code text, leads boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.role, a.cell_id, c.village_id, a.office_id, o.level, area.code, a.leads
      FROM assignment a
      LEFT JOIN office o    ON o.id = a.office_id
      LEFT JOIN area        ON area.id = gate.present_area(coalesce(a.area_id, o.area_id))
      LEFT JOIN grid_cell c ON c.id = a.cell_id
     WHERE a.user_id = gate.user_id() AND gate.admitted()
       AND a.valid_from <= gate.judged(at)
       AND (a.valid_to IS NULL OR a.valid_to > gate.judged(at))
       AND gate.counts(a.role, area.level, a.cell_id);
END
$$;

-- Did the asker serve these villages at these times?
CREATE OR REPLACE FUNCTION gate.served_villages(villages uuid[], times timestamptz[])
RETURNS TABLE (ord bigint, served boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT asked.ord, EXISTS (SELECT FROM gate.held_at(asked.at) held
                               WHERE held.village_id = v.id OR v.code LIKE held.area_code || '%')
      FROM unnest(villages, times) WITH ORDINALITY asked (id, at, ord)
      JOIN area v ON v.id = asked.id
$$;

-- May the asker have registered, at this time, a dispute that lies in this Area? It must cover a
-- village that the asker served then.
CREATE OR REPLACE FUNCTION gate.may_register(an_area uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM gate.held_at(at) held
                     JOIN area lies ON lies.id = an_area
                     LEFT JOIN area v ON v.id = held.village_id
                    WHERE coalesce(v.code, held.area_code) LIKE lies.code || '%'
                       OR lies.code LIKE held.area_code || '%');
END
$$;

-- May the asker say that a dispute is known in this village too? In a served one always; in another
-- only beside a served one, which is therefore written before it.
CREATE OR REPLACE FUNCTION gate.may_place(a_dispute uuid, a_village uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM dispute d
         CROSS JOIN LATERAL gate.held_at(d.recorded_at) held
          JOIN area v ON v.id = ANY (a_village || ARRAY(SELECT p.village_id FROM dispute_place p
                                                         WHERE p.dispute_id = d.id))
         WHERE d.id = a_dispute AND d.recorded_by = gate.user_id() AND d.received_at = gate.now()
           AND (held.village_id = v.id OR v.code LIKE held.area_code || '%'));
END
$$;

-- The Office that receives a case lying in the Area `a_code`, from this rung up: the lowest lead
-- Office that has somebody; where none has, the highest there is.
CREATE OR REPLACE FUNCTION gate.receiver(a_code text, a_rung int, at timestamptz)
RETURNS TABLE (office_id uuid, level text, stands_in boolean)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.id, o.level, gate.rung(o.level) > a_rung
      FROM area
      JOIN office o ON o.area_id = area.id AND o.lead AND gate.rung(o.level) >= a_rung
     CROSS JOIN LATERAL (
           SELECT EXISTS (SELECT FROM assignment a JOIN user_account u ON u.id = a.user_id AND u.active
                           WHERE a.office_id = o.id AND a.valid_from <= at
                             AND (a.valid_to IS NULL OR a.valid_to > at)
                             AND gate.counts(a.role, area.level, a.cell_id)) AS manned) who
     WHERE area.code = ANY (ARRAY[left(a_code, 12), left(a_code, 9), left(a_code, 6)])
     ORDER BY NOT manned, CASE WHEN manned THEN gate.rung(o.level) ELSE -gate.rung(o.level) END, o.id
     LIMIT 1
$$;

-- Lock these cases in id order, and tell which Offices the asker acted for at the time of an act;
-- what that makes of the asker, the case says as it stands when it comes to that act. Nobody acted on
-- a case before there was one. Cases that the asker did not know of then are left out, like those
-- that do not exist.
CREATE OR REPLACE FUNCTION gate.open_cases(disputes uuid[], times timestamptz[])
RETURNS TABLE (ord bigint, dispute_id uuid, category text, area_code text, status text,
               judged_at timestamptz, offices jsonb,
               holding_id uuid, n int, office_id uuid, level text, policy_id uuid, begun_at timestamptz,
               received_at timestamptz, accept_by timestamptz, handle_by timestamptz, accepted_at timestamptz,
               extension_asked_at timestamptz, extended boolean, overdue_at timestamptz,
               ended_at timestamptz, ended_how text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM dispute d WHERE d.id = ANY (disputes) ORDER BY d.id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT asked.ord, d.id, d.category, lies.code, d.status, me.judged_at, me.offices,
           h.id, h.n, h.office_id, h.level, h.policy_id, h.begun_at,
           h.received_at, h.accept_by, h.handle_by, h.accepted_at,
           h.extension_asked_at, h.extended, h.overdue_at, h.ended_at, h.ended_how
      FROM unnest(disputes, times) WITH ORDINALITY asked (id, at, ord)
      JOIN dispute d ON d.id = asked.id
      JOIN area lies ON lies.id = d.area_id
      JOIN LATERAL (
           SELECT * FROM holding h WHERE h.dispute_id = d.id ORDER BY h.n DESC LIMIT 1) h ON true
     CROSS JOIN LATERAL (
           SELECT greatest(asked.at, d.recorded_at) AS judged_at,
                  coalesce(jsonb_agg(jsonb_build_object('id', held.office_id,
                                                        'level', held.office_level,
                                                        'leads', held.leads,
                                                        'covers', lies.code LIKE held.area_code || '%'))
                               FILTER (WHERE held.office_id IS NOT NULL), '[]') AS offices,
                  coalesce(bool_or(gate.knows(d.id, held.cell_id, held.village_id, held.office_id,
                                              held.area_code)), false) AS known
             FROM gate.held_at(greatest(asked.at, d.recorded_at)) held) me
     WHERE me.known;
END
$$;

-- Whether somebody who held this knows of a dispute: by one of its places, by an Office that holds or
-- held it, or because the asker registered it in a village that was served.
CREATE OR REPLACE FUNCTION gate.knows(a_dispute uuid, a_cell uuid, a_village uuid, an_office uuid,
                                      an_area_code text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM holding h
                    WHERE h.dispute_id = a_dispute AND h.office_id = an_office)
        OR EXISTS (SELECT FROM dispute_place p
                     JOIN area v    ON v.id = p.village_id
                     JOIN dispute d ON d.id = p.dispute_id
                    WHERE p.dispute_id = a_dispute
                      AND (v.code LIKE an_area_code || '%'
                           OR coalesce(p.cell_id = a_cell, p.village_id = a_village)
                           OR d.recorded_by = gate.user_id() AND p.village_id = a_village));
END
$$;

-- The second wall before history: may the asker write this event? A note, whoever knew of the case
-- then; any move, whoever acted then for the Office that holds it or for one above (at the county its
-- named leader); in the name of an Office, only one of one's own. A registration only of what the
-- asker registered in this request; what the clock does, nobody.
CREATE OR REPLACE FUNCTION gate.may_write(a_kind text, a_dispute uuid, a_holding uuid, an_office uuid,
                                          at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN at <= gate.now() AND CASE a_kind
        WHEN 'register' THEN an_office IS NULL AND EXISTS (
            SELECT FROM dispute d
             WHERE d.id = a_dispute
               AND d.recorded_by = gate.user_id() AND d.received_at = gate.now())
        WHEN 'note' THEN EXISTS (
            SELECT FROM dispute d CROSS JOIN LATERAL gate.held_at(greatest(at, d.recorded_at)) held
             WHERE d.id = a_dispute
               AND (an_office IS NULL OR held.office_id = an_office)
               AND gate.knows(d.id, held.cell_id, held.village_id, held.office_id, held.area_code))
        WHEN 'climb'   THEN false
        WHEN 'overdue' THEN false
        ELSE EXISTS (
            SELECT FROM dispute d
              JOIN area lies ON lies.id = d.area_id
              JOIN holding h ON h.id = a_holding AND h.dispute_id = d.id
             CROSS JOIN LATERAL gate.held_at(greatest(at, d.recorded_at)) held
             WHERE d.id = a_dispute
               AND NOT EXISTS (SELECT FROM holding later
                                WHERE later.dispute_id = d.id AND later.n > h.n)
               AND (an_office IS NULL OR held.office_id = an_office)
               AND (held.office_id = h.office_id
                    OR gate.rung(held.office_level) > gate.rung(h.level)
                       AND lies.code LIKE held.area_code || '%'))
    END;
END
$$;

-- ------------------------------------------------------------------------------------ the chain

-- What one link vouches for: the link before it and every column. Of what is sealed, the keyed digest
-- of the plain text, so that sealing it anew under another key breaks nothing. Times as seconds since
-- 1970: a time zone of the session must not change the hash.
CREATE OR REPLACE FUNCTION gate.event_hash(e dispute_event) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sha256(coalesce(e.prev_hash, ''::bytea) || convert_to(jsonb_build_array(
        e.id, e.dispute_id, e.n, e.kind, e.from_status, e.to_status, e.office_id, e.holding_id,
        e.done_by, e.recorded_by, e.device_id, encode(e.why_mac, 'hex'),
        encode(e.agreement_mac, 'hex'), e.referred_to, e.rights_told, e.refused, e.intended,
        extract(epoch FROM e.occurred_at), extract(epoch FROM e.recorded_at),
        extract(epoch FROM e.received_at), e.proof)::text, 'UTF8'))
$$;

-- Every event is numbered and linked here, whoever writes it and however many at once.
CREATE OR REPLACE FUNCTION gate.link_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before record;
BEGIN
    PERFORM FROM dispute WHERE id = NEW.dispute_id FOR NO KEY UPDATE;
    SELECT n, hash INTO before FROM dispute_event
     WHERE dispute_id = NEW.dispute_id ORDER BY n DESC LIMIT 1;
    NEW.n := coalesce(before.n, 0) + 1;
    NEW.prev_hash := before.hash;
    NEW.hash := gate.event_hash(NEW);
    RETURN NEW;
END
$$;

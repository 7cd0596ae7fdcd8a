-- What the gate answers about disputes, and the chain of their events. What policies ask at every
-- statement is plpgsql, which keeps its plans.
-- Owned by wangge_gate: the answers are ids, states and yes or no; no story and no name passes here.

-- Levels in order: village 1, township 2, county 3.
CREATE OR REPLACE FUNCTION gate.rung(level text) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT array_position(ARRAY['village', 'township', 'county'], level) $$;

-- Disputes that the asker may read: in one's places, those one's Offices hold, held or help with, and
-- those that one registered oneself (in a colleague's cell, perhaps) in a village where one still serves.
CREATE OR REPLACE FUNCTION gate.my_disputes() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH places AS MATERIALIZED (SELECT ARRAY(SELECT gate.my_places()) AS held)
    SELECT dispute_id FROM dispute_place WHERE bucket = ANY ((SELECT held FROM places)::text[])
    UNION
    SELECT dispute_id FROM holding WHERE office_id = ANY (ARRAY(SELECT gate.my_offices()))
    UNION
    SELECT dispute_id FROM joint_office
     WHERE office_id = ANY (ARRAY(SELECT gate.my_offices())) AND ended_at IS NULL
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

-- The Office that receives a case lying in the Area `a_code`, from this rung up: the lowest that has
-- somebody; where none has, the highest there is. On each level the one of this kind receives, if
-- there is one, else the lead Office. `aside`: Offices and persons that are passed over; at the county
-- any other Office may receive then. An Office that is passed over did not lack people: nobody stands
-- in for it.
CREATE OR REPLACE FUNCTION gate.receiver(a_code text, a_rung int, at timestamptz,
                                         a_kind text DEFAULT NULL, aside uuid[] DEFAULT '{}')
RETURNS TABLE (office_id uuid, level text, stands_in boolean)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.id, o.level,
           gate.rung(o.level) > a_rung
           AND NOT EXISTS (SELECT FROM office p
                            WHERE p.id = ANY (aside) AND gate.rung(p.level) = a_rung)
      FROM area
      JOIN office o ON o.area_id = area.id
                   AND (o.lead OR o.kind = a_kind OR o.level = 'county' AND aside <> '{}')
                   AND gate.rung(o.level) >= a_rung AND o.id <> ALL (aside)
     CROSS JOIN LATERAL (SELECT gate.manned(o.id, area.level, at, aside) AS manned) who
     WHERE area.code = ANY (ARRAY[left(a_code, 12), left(a_code, 9), left(a_code, 6)])
     ORDER BY NOT manned, CASE WHEN manned THEN gate.rung(o.level) ELSE -gate.rung(o.level) END,
              o.kind = a_kind DESC NULLS LAST, o.lead DESC, o.id
     LIMIT 1
$$;

-- Whether somebody, other than those who step aside, acts for this Office.
CREATE OR REPLACE FUNCTION gate.manned(an_office uuid, a_level text, at timestamptz,
                                       aside uuid[] DEFAULT '{}') RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM assignment a JOIN user_account u ON u.id = a.user_id AND u.active
                    WHERE a.office_id = an_office AND a.valid_from <= at
                      AND (a.valid_to IS NULL OR a.valid_to > at)
                      AND a.user_id <> ALL (aside)
                      AND gate.counts(a.role, a_level, a.cell_id))
$$;

-- Who would receive each of these cases from these rungs up.
CREATE OR REPLACE FUNCTION gate.receivers_of(disputes uuid[], rungs int[], kinds text[],
                                             at timestamptz)
RETURNS TABLE (dispute_id uuid, rung int, office_id uuid, level text, stands_in boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT asked.id, asked.rung, up.office_id, up.level, up.stands_in
      FROM unnest(disputes, rungs, kinds) asked (id, rung, kind)
      JOIN dispute d ON d.id = asked.id
      JOIN area lies ON lies.id = d.area_id
     CROSS JOIN LATERAL gate.receiver(lies.code, asked.rung, at, asked.kind,
                                      gate.aside_of(d.id)) up
$$;

-- Offices that an act names: level, present code of the Area, and whether somebody acts for them.
CREATE OR REPLACE FUNCTION gate.offices_named(ids uuid[], at timestamptz)
RETURNS TABLE (office_id uuid, level text, code text, manned boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT o.id, o.level, area.code, gate.manned(o.id, o.level, at)
      FROM office o JOIN area ON area.id = gate.present_area(o.area_id)
     WHERE o.id = ANY (ids)
$$;

-- Where cases stand, as the ladder has to know it: ids, states, codes and times. Set-wise: a plan with a
-- dozen small look-ups costs more to start than to run.
CREATE OR REPLACE FUNCTION gate.case_facts(disputes uuid[])
RETURNS TABLE (dispute_id uuid, facts jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.id, jsonb_build_object(
        'category', d.category, 'area_code', lies.code, 'status', d.status,
        'disposition', d.disposition, 'follow_up_until', d.follow_up_until,
        'alerted_at', d.alerted_at,
        'holdings', (
            SELECT jsonb_agg(to_jsonb(h) || jsonb_build_object(
                       'code', of_area.code,
                       -- Where the case stood when it last climbed from here.
                       'left_in', CASE WHEN h.ended_how = 'climb' THEN
                           (SELECT e.from_status FROM dispute_event e
                             WHERE e.dispute_id = d.id AND e.holding_id = h.id
                               AND e.kind = 'climb' ORDER BY e.n DESC LIMIT 1) END)
                   ORDER BY h.n)
              FROM holding h
              JOIN office o     ON o.id = h.office_id
              JOIN area given   ON given.id = o.area_id
              JOIN area of_area ON of_area.id = CASE WHEN given.ended_at IS NULL THEN given.id
                                                     ELSE gate.present_area(given.id) END
             WHERE h.dispute_id = d.id),
        'places', (
            SELECT jsonb_agg(DISTINCT v.code)
              FROM dispute_place p
              JOIN area given ON given.id = p.village_id
              JOIN area v     ON v.id = CASE WHEN given.ended_at IS NULL THEN given.id
                                             ELSE gate.present_area(given.id) END
             WHERE p.dispute_id = d.id),
        'parties', (SELECT jsonb_agg(p.id) FROM party p WHERE p.dispute_id = d.id),
        'joint', (
            SELECT jsonb_object_agg(j.office_id, j.event_id) FROM joint_office j
             WHERE j.dispute_id = d.id AND j.ended_at IS NULL),
        'supervised', (
            SELECT jsonb_object_agg(s.event_id,
                       jsonb_build_object('kind', s.kind, 'level', opener.level))
              FROM supervision s LEFT JOIN office opener ON opener.id = s.office_id
             WHERE s.dispute_id = d.id AND s.lifted_at IS NULL),
        'last_term', (SELECT max(t.n) FROM term t WHERE t.dispute_id = d.id),
        'open_terms', (
            SELECT jsonb_agg(t.n) FROM term t
             WHERE t.dispute_id = d.id AND t.done_at IS NULL
               -- Of the agreement that stands: an earlier one was set aside by reopening.
               AND t.agreement_id = (SELECT a.id FROM agreement a
                                       JOIN dispute_event e ON e.id = a.event_id
                                      WHERE a.dispute_id = d.id ORDER BY e.n DESC LIMIT 1)),
        'court_open', coalesce((
            SELECT a.form = 'written' AND a.confirmed_at IS NULL
              FROM agreement a JOIN dispute_event e ON e.id = a.event_id
             WHERE a.dispute_id = d.id ORDER BY e.n DESC LIMIT 1), false),
        'same_open', EXISTS (
            SELECT FROM dispute other
             WHERE other.id = d.related_id AND d.relation = 'same'
               AND other.status IN ('registered', 'accepted', 'in_mediation')),
        'aside', (
            SELECT jsonb_agg(coalesce(r.office_id, r.user_id)) FROM recusal r
             WHERE r.dispute_id = d.id AND r.ended_at IS NULL),
        -- Opening, notes and what follows by itself are no acts; asked only where it matters.
        'acted', last.begun_how = 'climb' AND EXISTS (
            SELECT FROM dispute_event e
             WHERE e.dispute_id = d.id AND e.holding_id = last.id AND e.kind <> 'note'
               AND (e.office_id IS NOT NULL OR e.party_id IS NOT NULL)))
      FROM dispute d
      JOIN area lies ON lies.id = d.area_id
      JOIN LATERAL (
           SELECT h.id, h.begun_how FROM holding h
            WHERE h.dispute_id = d.id AND h.ended_how IS DISTINCT FROM 'withdrawn_climb'
            ORDER BY h.n DESC LIMIT 1) last ON true
     WHERE d.id = ANY (disputes);
END
$$;

-- Lock these cases in id order, and tell which Offices the asker acted for at the time of an act;
-- what that makes of the asker, the case says as it stands when it comes to that act. Nobody acted on
-- a case before there was one. Cases that the asker did not know of then are left out, like those
-- that do not exist, and those from which the asker had stepped aside; of what was written before that
-- (`aside`) notes are made. A resident knows the own case. The facts stand with the first of a case.
CREATE OR REPLACE FUNCTION gate.open_cases(disputes uuid[], times timestamptz[])
RETURNS TABLE (ord bigint, dispute_id uuid, judged_at timestamptz, offices jsonb, aside boolean,
               facts jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM dispute d WHERE d.id = ANY (disputes) ORDER BY d.id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT found.ord, found.id, found.judged_at, found.offices, found.aside,
           CASE WHEN row_number() OVER (PARTITION BY found.id ORDER BY found.ord) = 1
                THEN known.facts END
      FROM (
        SELECT asked.ord, d.id, me.judged_at, me.offices, since.aside IS NOT NULL AS aside
          FROM unnest(disputes, times) WITH ORDINALITY asked (id, at, ord)
          JOIN dispute d ON d.id = asked.id
          JOIN area lies ON lies.id = d.area_id
         CROSS JOIN LATERAL (SELECT gate.aside_since(d.id) AS aside) since
         CROSS JOIN LATERAL (
               SELECT greatest(asked.at, d.recorded_at) AS judged_at,
                      coalesce(jsonb_agg(jsonb_build_object(
                                   'id', held.office_id, 'level', held.office_level,
                                   'leads', held.leads,
                                   'covers', lies.code LIKE held.area_code || '%'))
                                   FILTER (WHERE held.office_id IS NOT NULL), '[]') AS offices,
                      coalesce(bool_or(gate.knows(d.id, held.cell_id, held.village_id,
                                                  held.office_id, held.area_code)), false) AS known
                 FROM gate.held_at(greatest(asked.at, d.recorded_at)) held) me
         WHERE me.known AND (since.aside IS NULL OR me.judged_at < since.aside)
            OR d.id IN (SELECT own.dispute_id FROM gate.resident_cases() own)) found
      JOIN gate.case_facts(disputes) known ON known.dispute_id = found.id;
END
$$;

-- Whether somebody who held this knows of a dispute: by one of its places, by an Office that holds,
-- held or helps, or because the asker registered it in a village that was served.
CREATE OR REPLACE FUNCTION gate.knows(a_dispute uuid, a_cell uuid, a_village uuid, an_office uuid,
                                      an_area_code text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM holding h
                    WHERE h.dispute_id = a_dispute AND h.office_id = an_office)
        OR EXISTS (SELECT FROM joint_office j
                    WHERE j.dispute_id = a_dispute AND j.office_id = an_office
                      AND j.ended_at IS NULL)
        OR EXISTS (SELECT FROM dispute_place p
                     JOIN area v    ON v.id = p.village_id
                     JOIN dispute d ON d.id = p.dispute_id
                    WHERE p.dispute_id = a_dispute
                      AND (v.code LIKE an_area_code || '%'
                           OR coalesce(p.cell_id = a_cell, p.village_id = a_village)
                           OR d.recorded_by = gate.user_id() AND p.village_id = a_village));
END
$$;

-- The second wall before history: may the asker write this event? What is said of the case itself,
-- whoever knew of it then; a registration or a repetition, only beside what the asker registered in
-- this request; any other move, whoever acted then for the Office that holds the case, for one above
-- (at the county its named leader) or, as far as those may, for the one that sent it or that helps;
-- in the name of an Office, only one of one's own. What the clock does, or a party, nobody.
CREATE OR REPLACE FUNCTION gate.may_write(a_kind text, a_dispute uuid, a_holding uuid, an_office uuid,
                                          at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aside timestamptz := gate.aside_since(a_dispute);
BEGIN
    IF at > gate.now() THEN
        RETURN false;
    END IF;
    -- Who steps aside wrote notes before, and nothing after; a registration tells it to begin with.
    IF aside IS NOT NULL AND a_kind <> 'register' AND (a_kind <> 'note' OR at >= aside) THEN
        RETURN false;
    END IF;
    CASE
        WHEN a_kind = 'register' THEN
            RETURN an_office IS NULL AND EXISTS (
                SELECT FROM dispute d
                 WHERE d.id = a_dispute
                   AND d.recorded_by = gate.user_id() AND d.received_at = gate.now());
        WHEN a_kind = 'again' THEN
            RETURN an_office IS NULL AND EXISTS (
                SELECT FROM dispute d
                 WHERE d.related_id = a_dispute AND d.relation = 'same'
                   AND d.recorded_by = gate.user_id() AND d.received_at = gate.now());
        WHEN a_kind IN ('note', 'alert', 'recuse', 'ask_recusal', 'request', 'go') THEN
            RETURN EXISTS (
                SELECT FROM dispute d
                 CROSS JOIN LATERAL gate.held_at(greatest(at, d.recorded_at)) held
                 WHERE d.id = a_dispute
                   AND (an_office IS NULL OR held.office_id = an_office)
                   AND gate.knows(d.id, held.cell_id, held.village_id, held.office_id,
                                  held.area_code));
        WHEN a_kind IN ('climb', 'overdue', 'withdraw_climb', 'rate') THEN
            RETURN false;
        ELSE
            RETURN gate.may_move(a_kind, a_dispute, a_holding, an_office, at)
                OR gate.may_be_late(a_kind, a_dispute, a_holding, an_office, at)
                OR gate.is_honoured(a_dispute, a_holding, an_office);
    END CASE;
END
$$;

-- May the asker move this case, which this Holding has now?
CREATE OR REPLACE FUNCTION gate.may_move(a_kind text, a_dispute uuid, a_holding uuid, an_office uuid,
                                         at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM dispute d
          JOIN area lies ON lies.id = d.area_id
          JOIN holding h ON h.id = a_holding AND h.dispute_id = d.id
         CROSS JOIN LATERAL gate.held_at(greatest(at, d.recorded_at)) held
         WHERE d.id = a_dispute
           AND NOT EXISTS (SELECT FROM holding later
                            WHERE later.dispute_id = d.id AND later.n > h.n
                              AND later.ended_how IS DISTINCT FROM 'withdrawn_climb')
           AND (an_office IS NULL OR held.office_id = an_office)
           -- What is for the level above, the holder does not do; at the county its leader stands for it.
           AND (held.office_id = h.office_id
                    AND (a_kind <> ALL ('{supervise,lift,grant_extension,decline_extension,stay,
                                          uphold_objection,dismiss_objection}'::text[])
                         OR held.leads AND h.level = 'county')
                OR gate.rung(held.office_level) > gate.rung(h.level)
                   AND lies.code LIKE held.area_code || '%'
                OR held.office_id = h.sent_by
                   AND a_kind IN ('uphold_objection', 'dismiss_objection')
                OR a_kind IN ('mediate', 'fulfil', 'close', 'ask_court')
                   AND EXISTS (SELECT FROM joint_office j
                                WHERE j.dispute_id = d.id AND j.office_id = held.office_id
                                  AND j.ended_at IS NULL)));
END
$$;

-- A record that came late: written for the Office from which the case has climbed since, before it
-- did, while nobody has acted there. It takes the climb back.
CREATE OR REPLACE FUNCTION gate.may_be_late(a_kind text, a_dispute uuid, a_holding uuid,
                                            an_office uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN a_kind IN ('accept', 'settle', 'fail', 'refer', 'withdraw', 'refuse', 'extend', 'answer')
       AND EXISTS (
           SELECT FROM holding lower
             JOIN dispute d     ON d.id = lower.dispute_id
             JOIN holding upper ON upper.climbed_from = lower.id
            CROSS JOIN LATERAL gate.held_at(greatest(at, d.recorded_at)) held
            WHERE lower.id = a_holding AND d.id = a_dispute
              AND held.office_id = lower.office_id AND held.office_id = an_office
              AND gate.may_withdraw(d.id, upper.id) AND at < upper.received_at);
END
$$;

-- May the asker's late record take back the climb by which this Holding began? It holds the case,
-- nobody has moved it since, and the asker has served the Office below.
CREATE OR REPLACE FUNCTION gate.may_withdraw(a_dispute uuid, a_holding uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM holding upper
          JOIN holding lower ON lower.id = upper.climbed_from
         WHERE upper.id = a_holding AND upper.dispute_id = a_dispute AND upper.ended_at IS NULL
           AND upper.begun_how = 'climb' AND lower.ended_how = 'climb'
           AND EXISTS (SELECT FROM assignment a
                        WHERE a.user_id = gate.user_id() AND a.office_id = lower.office_id)
           AND NOT EXISTS (SELECT FROM dispute_event e
                            WHERE e.dispute_id = a_dispute AND e.holding_id = upper.id
                              AND e.kind <> 'note'
                              AND (e.office_id IS NOT NULL OR e.party_id IS NOT NULL)));
END
$$;

-- What a late record says, in the name of the Office that wrote it, beside one's own word of this
-- request that it holds.
CREATE OR REPLACE FUNCTION gate.is_honoured(a_dispute uuid, a_holding uuid, an_office uuid)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM holding h
                    WHERE h.id = a_holding AND h.dispute_id = a_dispute
                      AND h.office_id = an_office)
       AND EXISTS (SELECT FROM dispute_event e
                    WHERE e.dispute_id = a_dispute AND e.kind = 'honour'
                      AND e.recorded_by = gate.user_id() AND e.received_at = gate.now());
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
        extract(epoch FROM e.received_at), e.proof)::text
        -- What came to be kept later: an event without it hashes as it always did.
        || CASE WHEN e.party_id IS NULL AND e.details IS NULL THEN ''
                ELSE jsonb_build_array(e.party_id, e.details)::text END, 'UTF8'))
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

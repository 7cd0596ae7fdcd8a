-- The gate before somebody who has a party's code and nothing else. The digest of what was typed is
-- told with the transaction; a code that is replaced, or whose case has been at rest for a year, finds
-- no party, as one that never was.

-- A case, and where it was merged, the one in which it goes on; the last is `present`. What it was
-- merged into may be merged in turn; eight times are more than enough.
CREATE OR REPLACE FUNCTION gate.goes_on_in(a_dispute uuid)
RETURNS TABLE (dispute_id uuid, present boolean)
LANGUAGE plpgsql STABLE ROWS 2 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE chain AS (
        SELECT d.id, d.related_id, d.status, 1 AS nth FROM dispute d WHERE d.id = a_dispute
         UNION ALL
        SELECT d.id, d.related_id, d.status, chain.nth + 1
          FROM chain JOIN dispute d ON d.id = chain.related_id
         WHERE chain.status = 'joined' AND chain.nth < 8
    )
    SELECT id, nth = max(nth) OVER () FROM chain;
END
$$;

CREATE OR REPLACE FUNCTION gate.resident_party() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (
        SELECT p.id
          FROM party_code c
          JOIN party p ON p.id = c.party_id
         WHERE c.digest = decode(nullif(current_setting('app.party_code', true), ''), 'hex')
           AND c.ended_at IS NULL
           AND (SELECT coalesce(max(coalesce(h.ended_at, 'infinity')), 'infinity')
                  FROM holding h
                 WHERE h.dispute_id = ANY (ARRAY(SELECT one.dispute_id
                                                   FROM gate.goes_on_in(p.dispute_id) one)))
               > gate.now() - interval '1 year');
END
$$;

-- The party's own case, and where it was merged, the one in which it goes on.
CREATE OR REPLACE FUNCTION gate.resident_cases() RETURNS TABLE (dispute_id uuid, present boolean)
LANGUAGE plpgsql STABLE ROWS 2 SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT one.dispute_id, one.present
      FROM party p CROSS JOIN LATERAL gate.goes_on_in(p.dispute_id) one
     WHERE p.id = gate.resident_party();
END
$$;

-- Whether the party is the only one on its side, those included who brought the same matter again; who
-- the others are, is not told.
CREATE OR REPLACE FUNCTION gate.resident_alone() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me record;
BEGIN
    SELECT p.id, p.dispute_id, p.side INTO me FROM party p WHERE p.id = gate.resident_party();
    RETURN NOT EXISTS (
        SELECT FROM party other
         WHERE other.side = me.side AND other.id <> me.id
           AND other.dispute_id = ANY (me.dispute_id || ARRAY(
               SELECT d.id FROM dispute d
                WHERE d.related_id = me.dispute_id AND d.status = 'joined')));
END
$$;

-- Cases that the resident has moved in this very request: only they change, and only then.
CREATE OR REPLACE FUNCTION gate.resident_moves() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT e.dispute_id FROM dispute_event e
     WHERE e.dispute_id = ANY (ARRAY(SELECT c.dispute_id FROM gate.resident_cases() c))
       AND e.party_id = gate.resident_party() AND e.recorded_by IS NULL
       AND e.received_at = gate.now() AND e.kind NOT IN ('note', 'rate');
END
$$;

-- May the resident write this event? What the ladder gives a party, in the own name and nobody
-- else's; and what follows by itself from a move of this request.
CREATE OR REPLACE FUNCTION gate.resident_may_write(a_kind text, a_dispute uuid, a_party uuid,
                                                   an_office uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN an_office IS NULL
       AND EXISTS (SELECT FROM gate.resident_cases() c WHERE c.dispute_id = a_dispute)
       AND (a_party = gate.resident_party()
            AND a_kind IN ('request', 'stay', 'go', 'ask_recusal', 'withdraw', 'refuse', 'rate',
                           'reopen')
            OR a_party IS NULL AND a_kind = 'note'
               AND a_dispute IN (SELECT gate.resident_moves()));
END
$$;

-- What the Offices said to the parties as they ended it: whether they told them their rights, and
-- where they sent them.
CREATE OR REPLACE FUNCTION gate.resident_told()
RETURNS TABLE (rights_told boolean, referred_to text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT coalesce(bool_or(e.rights_told), false),
           (array_agg(e.referred_to ORDER BY e.n DESC) FILTER (WHERE e.kind = 'refer'))[1]
      FROM dispute_event e
     WHERE e.dispute_id = ANY (ARRAY(SELECT c.dispute_id FROM gate.resident_cases() c
                                      WHERE c.present));
END
$$;

-- Whether this is the living code of a party; who asks has the code in hand, the digests stay here.
CREATE OR REPLACE FUNCTION gate.code_stands(a_party uuid, a_digest bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM party_code c
                    WHERE c.digest = a_digest AND c.party_id = a_party AND c.ended_at IS NULL);
END
$$;

-- Whether this code, which who asks has in hand, is another party's, alive or not.
CREATE OR REPLACE FUNCTION gate.code_is_of_another(a_party uuid, a_digest bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM party_code c WHERE c.digest = a_digest AND c.party_id <> a_party);
END
$$;

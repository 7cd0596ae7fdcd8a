-- Recusal (回避): who must step aside from a case, and who hears of it then. The database finds those
-- who are a party by itself (triggers in disputes_recusal_triggers.sql), so that no way to write a
-- party, a user or an assignment goes round it. Owned by wangge_gate, which tells ids and nothing else.

-- Who must step aside because of a party: a person by account, by the own household or by telephone;
-- and an Office of which such a person is the head, or that is itself on one of the two sides. At the
-- county only where another Office there can take the case: else its people do, without the head.
-- Of these cases, of these users, or of both; or of `parties`, which are still to be written, as rows
-- of party in JSON. EXECUTE, since parties are found from either end, and each wants its own plan.
CREATE OR REPLACE FUNCTION gate.aside(disputes uuid[], users uuid[], parties jsonb DEFAULT NULL)
RETURNS TABLE (dispute_id uuid, user_id uuid, office_id uuid, found_by text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH p AS NOT MATERIALIZED (
            SELECT party.dispute_id, party.side, party.user_id, party.office_id, party.household_id,
                   party.telephone_index
              FROM %s WHERE %s
        ), u AS NOT MATERIALIZED (
            SELECT * FROM user_account WHERE %s
        ), person AS MATERIALIZED (
            SELECT DISTINCT ON (found.dispute_id, found.id) found.*
              FROM (
                  SELECT p.dispute_id, u.id, 1 AS rank, 'account' AS found_by
                    FROM u JOIN p ON p.user_id = u.id
                  UNION ALL
                  SELECT p.dispute_id, u.id, 2, 'household'
                    FROM u JOIN p ON p.household_id = u.household_id
                  UNION ALL
                  SELECT p.dispute_id, u.id, 2, 'household'
                    FROM u JOIN user_account other ON other.household_id = u.household_id
                           JOIN p ON p.user_id = other.id
                  UNION ALL
                  SELECT p.dispute_id, u.id, 2, 'household'
                    FROM u JOIN household h ON h.id = u.household_id
                           JOIN p ON p.telephone_index = h.telephone_index
                  UNION ALL
                  SELECT p.dispute_id, u.id, 3, 'telephone'
                    FROM u JOIN p ON p.telephone_index = u.telephone_index
                  UNION ALL
                  SELECT p.dispute_id, u.id, 3, 'telephone'
                    FROM u JOIN household h ON h.telephone_index = u.telephone_index
                           JOIN p ON p.household_id = h.id) found
             ORDER BY found.dispute_id, found.id, found.rank
        ), office_of AS MATERIALIZED (
            SELECT person.dispute_id, o.id, o.level, min(person.found_by) AS found_by
              FROM person
              JOIN assignment a ON a.user_id = person.id AND a.leads
                               AND a.valid_from <= gate.now()
                               AND (a.valid_to IS NULL OR a.valid_to > gate.now())
              JOIN office o     ON o.id = a.office_id
              JOIN area         ON area.id = o.area_id AND gate.counts(a.role, area.level, a.cell_id)
             GROUP BY person.dispute_id, o.id
            UNION
            SELECT p.dispute_id, o.id, o.level, 'account'
              FROM p JOIN office o ON o.id = p.office_id
             WHERE p.side <> 'third' AND %s
        )
        SELECT person.dispute_id, person.id, NULL::uuid, person.found_by FROM person
        UNION ALL
        SELECT one.dispute_id, NULL, one.id, min(one.found_by)
          FROM office_of one
         WHERE one.level <> 'county'
            OR EXISTS (SELECT FROM office o
                        WHERE o.level = 'county' AND o.id <> one.id
                          AND EXISTS (SELECT FROM assignment a
                                        JOIN user_account u ON u.id = a.user_id AND u.active
                                       WHERE a.office_id = o.id AND a.valid_from <= gate.now()
                                         AND a.role = 'county_office'
                                         AND (a.valid_to IS NULL OR a.valid_to > gate.now()))
                          AND NOT EXISTS (SELECT FROM office_of same
                                           WHERE (same.dispute_id, same.id) = (one.dispute_id, o.id))
                          AND NOT EXISTS (SELECT FROM recusal r
                                           WHERE r.dispute_id = one.dispute_id AND r.office_id = o.id
                                             AND r.ended_at IS NULL))
         GROUP BY one.dispute_id, one.id
        $query$,
        CASE WHEN parties IS NULL THEN 'public.party AS party'
             ELSE 'jsonb_to_recordset($3) AS party (dispute_id uuid, side text, user_id uuid,
                   office_id uuid, household_id uuid, telephone_index bytea)' END,
        CASE WHEN disputes IS NULL THEN 'true' ELSE 'party.dispute_id = ANY ($1)' END,
        CASE WHEN users IS NULL THEN 'true' ELSE 'id = ANY ($2)' END,
        -- Which Office is a party does not hang on who asks.
        CASE WHEN users IS NULL THEN 'true' ELSE 'false' END)
    USING disputes, users, parties;
END
$$;

-- Whether any of these parties may make somebody step aside; nearly always none, and then gate.aside,
-- which is planned anew each time, is not asked.
CREATE OR REPLACE FUNCTION gate.may_concern(users uuid[], offices uuid[], homes uuid[],
                                            telephones bytea[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN cardinality(users) + cardinality(offices) > 0
        OR EXISTS (SELECT FROM user_account u
                    WHERE u.household_id = ANY (homes) OR u.telephone_index = ANY (telephones))
        OR EXISTS (SELECT FROM household h JOIN user_account u ON u.telephone_index = h.telephone_index
                    WHERE h.id = ANY (homes))
        OR EXISTS (SELECT FROM user_account u JOIN household h ON h.id = u.household_id
                    WHERE h.telephone_index = ANY (telephones));
END
$$;

-- The same of parties that are still to be written, as one array for each case: Offices and persons,
-- as gate.receiver takes them. Cases without any are missing.
CREATE OR REPLACE FUNCTION gate.aside_among(parties jsonb)
RETURNS TABLE (dispute_id uuid, ids uuid[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT gate.may_concern(array_remove(array_agg(p.user_id), NULL),
                                array_remove(array_agg(p.office_id), NULL),
                                array_agg(p.household_id), array_agg(p.telephone_index))
          FROM jsonb_to_recordset(parties) p (user_id uuid, office_id uuid, household_id uuid,
                                              telephone_index bytea)) THEN
        RETURN QUERY
        SELECT found.dispute_id, array_agg(coalesce(found.office_id, found.user_id))
          FROM gate.aside(NULL, NULL, parties) found GROUP BY found.dispute_id;
    END IF;
END
$$;

-- Offices and persons that step aside from a case, in order; never NULL. What receives the case is then
-- gate.receiver(code, rung, at, aside => gate.aside_of(id)), or gate.receivers_of. Most have none: where
-- cases are taken together, by Area and level, they are grouped by this array too.
CREATE OR REPLACE FUNCTION gate.aside_of(a_dispute uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT coalesce(r.office_id, r.user_id) AS id FROM recusal r
                  WHERE r.dispute_id = a_dispute AND r.ended_at IS NULL ORDER BY id);
END
$$;

-- Cases from which the asker steps aside, also as one of an Office that does. Not those that this very
-- request registered or declared: its author hears how that went.
CREATE OR REPLACE FUNCTION gate.my_recusals() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    -- The arrays are read only where there is a recusal to hold against them.
    WITH mine AS MATERIALIZED (
        SELECT r.dispute_id, r.event_id FROM recusal r
         WHERE r.ended_at IS NULL
           AND (r.user_id = gate.user_id()
                OR r.office_id IS NOT NULL AND r.office_id = ANY (ARRAY(SELECT gate.my_offices())))
    )
    SELECT mine.dispute_id FROM mine
     WHERE mine.dispute_id <> ALL (ARRAY(
               SELECT d.id FROM dispute d
                WHERE d.recorded_by = gate.user_id() AND d.received_at = gate.now()))
       AND (mine.event_id IS NULL
            OR mine.event_id <> ALL (ARRAY(
                   SELECT e.id FROM dispute_event e
                    WHERE e.recorded_by = gate.user_id() AND e.received_at = gate.now())));
END
$$;

-- Since when the asker steps aside from a case; NULL: need not.
CREATE OR REPLACE FUNCTION gate.aside_since(a_dispute uuid) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT min(r.since) FROM recusal r
             WHERE r.dispute_id = a_dispute AND r.ended_at IS NULL
               AND (r.user_id = gate.user_id()
                    OR r.office_id IS NOT NULL
                       AND r.office_id = ANY (ARRAY(SELECT gate.my_offices()))));
END
$$;

-- Write down who must step aside; NULL: of all cases, by all users. Whoever was called back stays.
CREATE OR REPLACE FUNCTION gate.find_recusals(disputes uuid[], users uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO recusal (id, dispute_id, user_id, office_id, found_by, since)
    SELECT gen_random_uuid(), d.id, f.user_id, f.office_id, f.found_by,
           CASE WHEN d.received_at = gate.now() THEN d.recorded_at ELSE gate.now() END
      FROM gate.aside(disputes, users) f
      JOIN dispute d ON d.id = f.dispute_id
     WHERE NOT EXISTS (SELECT FROM recusal r
                        WHERE r.dispute_id = d.id
                          AND (r.user_id = f.user_id OR r.office_id = f.office_id))
     ORDER BY d.id
    ON CONFLICT DO NOTHING;
END
$$;

-- Whose phones hear of these cases (NULL: of all): who holds a bucket of one of their places now, as
-- gate.my_buckets has it, and need not step aside; nobody where nobody steps aside, for then the shared
-- buckets have it. `users`: only what becomes of these is settled.
CREATE OR REPLACE FUNCTION gate.settle_hearers(disputes uuid[], users uuid[] DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    concerned uuid[];
BEGIN
    concerned := ARRAY(
        SELECT r.dispute_id FROM recusal r
         WHERE r.ended_at IS NULL AND (disputes IS NULL OR r.dispute_id = ANY (disputes))
        UNION
        SELECT h.dispute_id FROM dispute_hearer h
         WHERE disputes IS NULL OR h.dispute_id = ANY (disputes));
    IF concerned = '{}' THEN
        RETURN;
    END IF;
    WITH place AS MATERIALIZED (
        SELECT p.dispute_id, p.village_id, p.cell_id
          FROM dispute_place p
         WHERE p.dispute_id = ANY (concerned)
           AND EXISTS (SELECT FROM recusal r
                        WHERE r.dispute_id = p.dispute_id AND r.ended_at IS NULL)
    ), cell AS MATERIALIZED (
        SELECT p.dispute_id, p.cell_id AS id
          FROM place p JOIN grid_cell c ON c.id = p.cell_id AND c.ended_at IS NULL
        UNION
        SELECT p.dispute_id, c.id
          FROM place p JOIN grid_cell c ON c.village_id = p.village_id AND c.ended_at IS NULL
         WHERE p.cell_id IS NULL
    ), village AS MATERIALIZED (
        SELECT p.dispute_id, p.village_id AS id FROM place p WHERE p.cell_id IS NULL
        UNION
        SELECT p.dispute_id, c.village_id
          FROM place p JOIN grid_cell c ON c.id = p.cell_id AND c.ended_at IS NULL
    ), holds AS MATERIALIZED (
        SELECT a.user_id, a.role, a.cell_id, a.office_id, area.id AS area_id
          FROM assignment a
          JOIN user_account u ON u.id = a.user_id AND u.active
          LEFT JOIN office o  ON o.id = a.office_id
          LEFT JOIN area      ON area.id = coalesce(a.area_id, o.area_id)
         WHERE a.valid_from <= gate.now() AND (a.valid_to IS NULL OR a.valid_to > gate.now())
           AND gate.counts(a.role, area.level, a.cell_id)
           AND (users IS NULL OR a.user_id = ANY (users))
    ), wanted AS MATERIALIZED (
        SELECT near.dispute_id, near.user_id
          FROM (SELECT cell.dispute_id, holds.user_id
                  FROM cell JOIN holds ON holds.cell_id = cell.id AND holds.role = 'grid_worker'
                UNION
                SELECT village.dispute_id, holds.user_id
                  FROM village JOIN holds ON holds.area_id = village.id AND holds.role = 'mediator') near
         WHERE NOT EXISTS (SELECT FROM recusal r
                            WHERE r.dispute_id = near.dispute_id AND r.ended_at IS NULL
                              AND (r.user_id = near.user_id
                                   OR EXISTS (SELECT FROM holds mine
                                               WHERE mine.user_id = near.user_id
                                                 AND mine.office_id = r.office_id)))
    ), gone AS (
        DELETE FROM dispute_hearer h
         WHERE h.dispute_id = ANY (concerned) AND (users IS NULL OR h.user_id = ANY (users))
           AND NOT EXISTS (SELECT FROM wanted w
                            WHERE (w.dispute_id, w.user_id) = (h.dispute_id, h.user_id))
    )
    INSERT INTO dispute_hearer (dispute_id, user_id)
    SELECT w.dispute_id, w.user_id FROM wanted w
     WHERE NOT EXISTS (SELECT FROM dispute_hearer h
                        WHERE (h.dispute_id, h.user_id) = (w.dispute_id, w.user_id))
     ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
END
$$;

-- What the gate answers about sync: where a change belongs, and as of when a release is judged.

-- When authority is judged for what was recorded `at`: then; but whoever releases a change that was
-- set aside answers for it as of the release, and its time of recording stays what it was.
CREATE OR REPLACE FUNCTION gate.judged(at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.judged', true), '')::timestamptz, at) $$;

-- In which village these households and disputes are, whoever may see them but those who step aside;
-- nothing else of them. A village is in itself.
CREATE OR REPLACE FUNCTION gate.village_about(ids uuid[]) RETURNS TABLE (id uuid, village_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT h.id, h.village_id FROM household h WHERE h.id = ANY (ids)
    UNION ALL
    SELECT a.id, a.id FROM area a WHERE a.id = ANY (ids) AND a.level = 'village'
    UNION ALL
    (SELECT DISTINCT ON (p.dispute_id) p.dispute_id, p.village_id
       FROM dispute_place p
      WHERE p.dispute_id = ANY (ids) AND p.dispute_id NOT IN (SELECT gate.my_recusals())
      ORDER BY p.dispute_id, 'v:' || p.village_id = ANY (ARRAY(SELECT gate.my_places())) DESC,
               p.village_id)
$$;

-- What became of the changes of each phone of these users since `since`, in numbers: for the users
-- themselves, for whoever is in charge of them, and for the county office.
CREATE OR REPLACE FUNCTION gate.sync_phones(users uuid[], since timestamptz)
RETURNS TABLE (user_id uuid, device_id uuid, name text, next_n bigint, revoked boolean,
               heard_at timestamptz, counted bigint, set_aside bigint, rejected bigint, claimed bigint,
               open bigint, released bigint, closed bigint, conflicts bigint, reasons jsonb,
               unsent_changes int, unsent_rejected int, unsent_files int,
               unsent_oldest_at timestamptz, unsent_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH phone AS MATERIALIZED (
        SELECT d.*
          FROM device d
         WHERE d.user_id = ANY (users)
           AND (d.user_id = gate.user_id() OR (SELECT gate.sees_county())
                OR d.user_id = ANY (ARRAY(SELECT gate.my_colleagues())))
    ), kind AS ( -- all phones in one go: read in the order of the table, not phone by phone
        SELECT r.device_id, r.status, r.reason, count(*) AS n,
               count(*) FILTER (WHERE r.proof = 'claimed') AS claimed
          FROM sync_receipt r
         WHERE r.device_id = ANY (ARRAY(SELECT id FROM phone))
           AND (r.received_at >= since OR r.status = 'rejected')
         GROUP BY r.device_id, r.status, r.reason
    ), told AS (
        SELECT k.device_id,
               (sum(k.n) FILTER (WHERE k.status IN ('applied', 'merged', 'conflict')))::bigint AS counted,
               (sum(k.n) FILTER (WHERE k.status = 'quarantined'))::bigint AS set_aside,
               (sum(k.n) FILTER (WHERE k.status = 'rejected'))::bigint    AS rejected,
               sum(k.claimed)::bigint AS claimed,
               jsonb_agg(jsonb_build_object('status', k.status, 'reason', k.reason, 'n', k.n)
                         ORDER BY k.status, k.reason)
                   FILTER (WHERE k.status IN ('quarantined', 'rejected')) AS reasons
          FROM kind k GROUP BY k.device_id
    )
    SELECT d.user_id, d.id, d.name, d.next_n, d.revoked_at IS NOT NULL,
           greatest(d.seen_at, d.unsent_at, (SELECT max(coalesce(l.used_at, l.opened_at)) FROM login l
                                            WHERE l.device_id = d.id)),
           coalesce(t.counted, 0), coalesce(t.set_aside, 0), coalesce(t.rejected, 0),
           coalesce(t.claimed, 0), aside.open, aside.released, aside.closed,
           (SELECT count(*) FROM sync_conflict c
             WHERE c.device_id = d.id AND c.needs_person AND c.decided IS NULL),
           coalesce(t.reasons, '[]'), d.unsent_changes, d.unsent_rejected, d.unsent_files,
           d.unsent_oldest_at, d.unsent_at
      FROM phone d
      LEFT JOIN told t ON t.device_id = d.id
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE q.closed_at IS NULL) AS open,
                  count(*) FILTER (WHERE q.closed_at >= since AND q.closed_how = 'released') AS released,
                  count(*) FILTER (WHERE q.closed_at >= since AND q.closed_how = 'closed')   AS closed
             FROM sync_quarantine q WHERE q.device_id = d.id) aside
     ORDER BY d.user_id, d.enrolled_at, d.id;
END
$$;

-- How many rows the phone of each of these users should hold: the live rows of its buckets.
CREATE OR REPLACE FUNCTION gate.sync_loads(users uuid[]) RETURNS TABLE (user_id uuid, n bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH who AS (
        SELECT u.id FROM user_account u
         WHERE u.id = ANY (users) AND u.active
           AND (u.id = gate.user_id() OR gate.sees_county()
                OR u.id = ANY (ARRAY(SELECT gate.my_colleagues())))
    ), held AS (
        SELECT a.user_id, a.role, a.cell_id, area.id AS area_id
          FROM assignment a
          JOIN who ON who.id = a.user_id
          LEFT JOIN office o ON o.id = a.office_id
          LEFT JOIN area     ON area.id = coalesce(a.area_id, o.area_id)
         WHERE a.valid_from <= gate.now() AND (a.valid_to IS NULL OR a.valid_to > gate.now())
           AND gate.counts(a.role, area.level, a.cell_id)
    ), cells AS (
        SELECT held.user_id, c.id, c.village_id
          FROM held JOIN grid_cell c ON c.ended_at IS NULL
                     AND (held.role = 'grid_worker' AND c.id = held.cell_id
                          OR held.role = 'mediator' AND c.village_id = held.area_id)
    ), buckets AS (
        SELECT user_id, 'c:' || id AS bucket FROM cells
        UNION SELECT user_id, 'v:' || village_id FROM cells
        UNION SELECT user_id, 'v:' || area_id FROM held WHERE role = 'mediator'
        UNION SELECT id, 'u:' || id FROM who
        UNION SELECT id, 'ref' FROM who
    )
    SELECT b.user_id, coalesce(sum(h.n), 0)::bigint
      FROM buckets b LEFT JOIN feed_head h ON h.bucket = b.bucket
     GROUP BY b.user_id;
END
$$;

-- Whose phones these are, for whoever decides about what came from them: the county, and a township of
-- those who serve or served it.
CREATE OR REPLACE FUNCTION gate.phone_owners(devices uuid[])
RETURNS TABLE (device_id uuid, user_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT d.id, d.user_id FROM device d
     WHERE d.id = ANY (devices)
       AND ((SELECT gate.sees_county())
            OR d.user_id = ANY (ARRAY(SELECT c.user_id FROM gate.my_charges() c)));
END
$$;

-- The county in numbers, for IT: which phones, and how many changes met which fate. No person.
CREATE OR REPLACE FUNCTION gate.sync_totals(since timestamptz)
RETURNS TABLE (phones bigint, silent bigint, received bigint, counted bigint, set_aside bigint,
               rejected bigint, claimed bigint, open bigint, conflicts bigint, reasons jsonb,
               untold bigint, holding bigint, unsent bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH kinds AS (
        SELECT r.status, r.reason, count(*) AS n,
               count(*) FILTER (WHERE r.proof = 'claimed') AS claimed
          FROM sync_receipt r
         WHERE r.received_at >= since AND gate.holds_role('system_admin', 'county_office')
         GROUP BY r.status, r.reason
    )
    SELECT (SELECT count(*) FROM device WHERE revoked_at IS NULL),
           (SELECT count(*) FROM device WHERE revoked_at IS NULL
                                          AND coalesce(greatest(seen_at, unsent_at), enrolled_at) < since),
           coalesce(sum(n), 0)::bigint,
           coalesce(sum(n) FILTER (WHERE status IN ('applied', 'merged', 'conflict')), 0)::bigint,
           coalesce(sum(n) FILTER (WHERE status = 'quarantined'), 0)::bigint,
           coalesce(sum(n) FILTER (WHERE status = 'rejected'), 0)::bigint,
           coalesce(sum(claimed), 0)::bigint,
           (SELECT count(*) FROM sync_quarantine WHERE closed_at IS NULL),
           (SELECT count(*) FROM sync_conflict WHERE needs_person AND decided IS NULL),
           coalesce(jsonb_agg(jsonb_build_object('status', status, 'reason', reason, 'n', n)
                              ORDER BY status, reason)
                        FILTER (WHERE status IN ('quarantined', 'rejected')), '[]'),
           -- A desk's browser delivers nothing and tells nothing: nobody waits for it.
           (SELECT count(*) FROM device
             WHERE revoked_at IS NULL AND unsent_at IS NULL AND seen_at IS NOT NULL),
           (SELECT count(*) FROM device WHERE revoked_at IS NULL AND unsent_changes > 0),
           (SELECT coalesce(sum(unsent_changes), 0)::bigint FROM device WHERE revoked_at IS NULL)
      FROM kinds
    HAVING gate.holds_role('system_admin', 'county_office');
END
$$;

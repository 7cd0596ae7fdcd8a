-- The gate: who is asking, and what that person holds. Policies and the web ask here and nowhere else.
-- Those that policies ask at every statement are plpgsql: it keeps its plans, an SQL function with a
-- search_path of its own is planned at each call (measured: half the time).
-- Owned by wangge_gate, which may read users, assignments and places, and nothing of any household
-- but where it is. Empty settings mean nobody: after a pooled transaction they are '', not NULL.

CREATE OR REPLACE FUNCTION gate.user_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.user', true), '')::uuid $$;

CREATE OR REPLACE FUNCTION gate.device_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.device', true), '')::uuid $$;

-- The time of the request as the server's clock has it; authority is judged at this time.
CREATE OR REPLACE FUNCTION gate.now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now()) $$;

-- Whether the asker is an active user on a device that was not revoked. A lost phone sees nothing.
CREATE OR REPLACE FUNCTION gate.admitted() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM user_account u WHERE u.id = gate.user_id() AND u.active)
       AND NOT EXISTS (SELECT FROM device d
                        WHERE d.id = gate.device_id() AND d.revoked_at IS NOT NULL);
END
$$;

-- Whether somebody with this role, held on a place of this level or on this cell, can do anything
-- about cases and households there. A role counts at its own level only: a county officer at a
-- village's Office is nobody. Administrators read no case.
CREATE OR REPLACE FUNCTION gate.counts(a_role text, a_level text, a_cell uuid) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(CASE a_role WHEN 'grid_worker'         THEN a_cell IS NOT NULL
                                WHEN 'mediator'            THEN a_level = 'village'
                                WHEN 'township_supervisor' THEN a_level = 'township'
                                WHEN 'county_office'       THEN a_level = 'county' END, false)
$$;

-- What the asker holds now, each with the place it is about.
CREATE OR REPLACE FUNCTION gate.my_assignments()
RETURNS TABLE (role text, cell_id uuid, office_id uuid, area_id uuid, area_code text, area_level text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.role, a.cell_id, a.office_id, area.id, area.code, area.level
      FROM assignment a
      LEFT JOIN office o ON o.id = a.office_id
      LEFT JOIN area     ON area.id = coalesce(a.area_id, o.area_id)
     WHERE a.user_id = gate.user_id() AND gate.admitted()
       AND a.valid_from <= gate.now()
       AND (a.valid_to IS NULL OR a.valid_to > gate.now())
       AND (a.role LIKE '%_admin' OR gate.counts(a.role, area.level, a.cell_id));
END
$$;

-- Buckets of the asker's phone: own cells and their villages; for a village's own people all of it.
CREATE OR REPLACE FUNCTION gate.my_buckets() RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
        SELECT * FROM gate.my_assignments()
    ), cells AS (
        SELECT c.id, c.village_id
          FROM mine JOIN grid_cell c ON c.id = mine.cell_id AND c.ended_at IS NULL
         WHERE mine.role = 'grid_worker'
        UNION
        SELECT c.id, c.village_id
          FROM mine JOIN grid_cell c ON c.village_id = mine.area_id AND c.ended_at IS NULL
         WHERE mine.role = 'mediator'
    )
    SELECT 'c:' || id FROM cells
    UNION SELECT 'v:' || village_id FROM cells
    UNION SELECT 'v:' || area_id FROM mine WHERE role = 'mediator'
    UNION SELECT 'u:' || gate.user_id() WHERE gate.admitted()
    UNION SELECT 'ref'                  WHERE gate.admitted();
END
$$;

-- Everything whose rows the asker may read: the phone's buckets, and all below an Area held.
CREATE OR REPLACE FUNCTION gate.my_places() RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
        SELECT * FROM gate.my_assignments()
    ), villages AS MATERIALIZED (
        SELECT gate.with_past(ARRAY(
            SELECT v.id
              FROM mine a
              JOIN area v ON v.level = 'village' AND v.code LIKE a.area_code || '%'
                         AND v.ended_at IS NULL
             WHERE a.role = 'township_supervisor'
            UNION ALL
            SELECT v.id FROM mine a JOIN area v ON v.id = a.area_id AND v.ended_at IS NULL
             WHERE a.role = 'mediator')) AS id
         WHERE EXISTS (SELECT FROM mine a WHERE a.role IN ('mediator', 'township_supervisor'))
        UNION SELECT a.area_id FROM mine a WHERE a.role = 'mediator'
    ), cells AS (
        SELECT c.id, c.village_id
          FROM mine a JOIN grid_cell c ON c.id = a.cell_id AND c.ended_at IS NULL
         WHERE a.role = 'grid_worker'
    )
    SELECT 'v:' || id FROM villages
    -- By an array: the cells of all villages would be read to find those of one.
    UNION SELECT 'c:' || c.id FROM grid_cell c
           WHERE c.village_id = ANY (ARRAY(SELECT id FROM villages))
    UNION SELECT 'c:' || id FROM cells
    UNION SELECT 'v:' || village_id FROM cells
    UNION SELECT one FROM unnest(ARRAY['u:' || gate.user_id(), 'ref']) one WHERE gate.admitted();
END
$$;

-- The county office reads every place; a list of all of them would only cost time.
CREATE OR REPLACE FUNCTION gate.sees_county() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM gate.my_assignments() WHERE role = 'county_office');
END
$$;

CREATE OR REPLACE FUNCTION gate.holds_role(VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM gate.my_assignments() a WHERE a.role = ANY (roles));
END
$$;

-- Whose work a township's supervisor answers for, and when: everybody who ever served a place below.
CREATE OR REPLACE FUNCTION gate.my_charges()
RETURNS TABLE (user_id uuid, valid_from timestamptz, valid_to timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.user_id, a.valid_from, a.valid_to
      FROM gate.with_past(ARRAY(
               SELECT place.id
                 FROM gate.my_assignments() mine
                 JOIN area place ON place.code LIKE mine.area_code || '%'
                                AND place.ended_at IS NULL
                WHERE mine.role = 'township_supervisor')) AS below (id)
      JOIN (assignment a
            LEFT JOIN office o    ON o.id = a.office_id
            LEFT JOIN grid_cell c ON c.id = a.cell_id)
        ON coalesce(a.area_id, o.area_id, c.village_id) = below.id;
END
$$;

-- Those who serve there now, or did within 30 days: what they wrote then may still come.
CREATE OR REPLACE FUNCTION gate.my_colleagues() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT DISTINCT user_id
      FROM gate.my_charges()
     WHERE valid_from <= gate.now()
       AND (valid_to IS NULL OR valid_to > gate.now() - interval '30 days');
END
$$;

-- The Offices that the asker acts for.
CREATE OR REPLACE FUNCTION gate.my_offices() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT office_id FROM gate.my_assignments() WHERE office_id IS NOT NULL;
END
$$;

-- ------------------------------------------------------------------------------------- placing

-- May the asker have recorded something about these households at these times? Judged by where the
-- household was then and what the asker served then, so that a visit recorded while the cell was
-- still one's own is simply applied. Nothing else about the household is told.
CREATE OR REPLACE FUNCTION gate.served(households uuid[], times timestamptz[])
RETURNS TABLE (ord bigint, household_id uuid, bucket text, cell_id uuid, served boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH mine AS MATERIALIZED (
        SELECT a.role, a.valid_from, a.valid_to, a.cell_id, c.village_id AS cell_village,
               place.id AS place_id, place.level, place.code
          FROM assignment a
          LEFT JOIN office o    ON o.id = a.office_id
          LEFT JOIN area place  ON place.id = coalesce(a.area_id, o.area_id)
          LEFT JOIN grid_cell c ON c.id = a.cell_id
         WHERE a.user_id = gate.user_id() AND gate.admitted()
    )
    SELECT asked.ord, h.id, h.bucket, then_in.cell_id,
           EXISTS (
               SELECT FROM mine
                WHERE mine.valid_from <= asked.judged
                  AND (mine.valid_to IS NULL OR mine.valid_to > asked.judged)
                  AND CASE mine.role
                          WHEN 'grid_worker' THEN
                              mine.cell_id = then_in.cell_id
                              OR (then_in.cell_id IS NULL AND mine.cell_village = then_in.now_in)
                          WHEN 'mediator' THEN
                              mine.place_id IN (then_in.now_in, then_in.village_id)
                          -- Its township now, or the one that it belonged to then.
                          WHEN 'township_supervisor' THEN
                              mine.level = 'township'
                              AND (EXISTS (SELECT FROM area v WHERE v.id = then_in.now_in
                                                                AND v.code LIKE mine.code || '%')
                                   OR gate.code_at(then_in.village_id, asked.at)
                                      LIKE gate.code_at(mine.place_id, asked.at) || '%')
                          WHEN 'county_office' THEN mine.level = 'county'
                          ELSE false
                      END)
      FROM (SELECT t.id, t.at, gate.judged(t.at) AS judged, t.ord
              FROM unnest(households, times) WITH ORDINALITY t (id, at, ord)) asked
      JOIN household h ON h.id = asked.id AND (SELECT gate.admitted())
      LEFT JOIN LATERAL (
          -- A village that has become part of another since is served by who serves that one.
          SELECT p.cell_id, p.village_id,
                 CASE WHEN v.ended_at IS NULL THEN p.village_id
                      ELSE gate.present_area(p.village_id) END AS now_in
            FROM household_placing p JOIN area v ON v.id = p.village_id
           WHERE p.household_id = h.id
             -- A phone may record before the server first heard of the household.
           ORDER BY (p.valid_from <= asked.at) DESC,
                    CASE WHEN p.valid_from <= asked.at THEN p.valid_from END DESC,
                    p.valid_from
           LIMIT 1
      ) then_in ON true;
END
$$;

-- Which of these rows exist although the asker may not see them, which were deleted, and which of
-- those because a person is erased.
CREATE OR REPLACE FUNCTION gate.presence(an_entity text, ids uuid[])
RETURNS TABLE (id uuid, deleted boolean, erased boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    -- A branch for each: plpgsql keeps their plans. One made while a table was small would read all of
    -- it for ever: by index, whatever the size.
    IF an_entity = 'visit' THEN
        RETURN QUERY SELECT t.id, false, false FROM visit t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'household' THEN
        RETURN QUERY SELECT t.id, false, false FROM household t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'dispute' THEN
        RETURN QUERY SELECT t.id, false, false FROM dispute t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'dispute_event' THEN
        RETURN QUERY SELECT t.id, false, false FROM dispute_event t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'service_need' THEN
        RETURN QUERY SELECT t.id, false, false FROM service_need t WHERE t.id = ANY (ids);
    ELSE
        RETURN;
    END IF;
    RETURN QUERY SELECT t.row_id, true, t.erased FROM feed_tombstone t
                  WHERE t.entity = an_entity AND t.row_id = ANY (ids);
END
$$;

-- ------------------------------------------------------------------------- what every push asks
-- As the asker, under row security. In functions for their plans, which plpgsql keeps; and since a plan
-- made while a table was small would read all of it for ever, by index whatever the size.

-- What the server remembers of one's device; locked, it is held to the end: one push at a time.
CREATE OR REPLACE FUNCTION gate.device_state(a_device uuid, lock boolean)
RETURNS TABLE (next_n bigint, last_time bigint, revoked boolean, open_quarantined bigint,
               unsent_changes int, unsent_rejected int, unsent_files int,
               unsent_oldest_at timestamptz, unsent_at timestamptz, unsent_boot text,
               unsent_elapsed bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF lock THEN
        PERFORM FROM device d WHERE d.id = a_device FOR UPDATE;
    END IF;
    -- A statement of its own: it sees what the push wrote for which we waited.
    RETURN QUERY
    SELECT d.next_n, d.last_time, d.revoked_at IS NOT NULL,
           (SELECT count(*) FROM sync_quarantine q
             WHERE q.device_id = a_device AND q.closed_at IS NULL),
           d.unsent_changes, d.unsent_rejected, d.unsent_files, d.unsent_oldest_at, d.unsent_at,
           d.unsent_boot, d.unsent_elapsed
      FROM device d WHERE d.id = a_device;
END
$$;

-- Receipts of those changes that were answered before.
CREATE OR REPLACE FUNCTION gate.answered(a_device uuid, mids uuid[])
RETURNS TABLE (mid uuid, n bigint, entity text, row_id uuid, status text, reason text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT r.mid, r.n, r.entity, r.row_id, r.status, r.reason
      FROM sync_receipt r WHERE r.device_id = a_device AND r.mid = ANY (mids);
END
$$;

-- Which of these rows the asker can read: what a push acknowledges.
CREATE OR REPLACE FUNCTION gate.seen(an_entity text, ids uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF an_entity = 'visit' THEN
        RETURN QUERY SELECT t.id FROM visit t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'household' THEN
        RETURN QUERY SELECT t.id FROM household t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'dispute' THEN
        RETURN QUERY SELECT t.id FROM dispute t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'dispute_event' THEN
        RETURN QUERY SELECT t.id FROM dispute_event t WHERE t.id = ANY (ids);
    ELSIF an_entity = 'service_need' THEN
        RETURN QUERY SELECT t.id FROM service_need t WHERE t.id = ANY (ids);
    END IF;
END
$$;

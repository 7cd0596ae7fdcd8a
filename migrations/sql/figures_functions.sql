-- What figures are counted from changes: the month and the Area are written down with the change, in
-- its own transaction, and counted anew by the worker. Owned by wangge_gate.

-- The first day of the local month.
CREATE OR REPLACE FUNCTION gate.month_of(at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE OR REPLACE FUNCTION gate.figures_of_new_holdings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO figure_dirty (area_id, month, at)
    SELECT DISTINCT d.area_id, gate.month_of(t), gate.now()
      FROM changed_rows h JOIN dispute d ON d.id = h.dispute_id
     CROSS JOIN unnest(ARRAY[h.received_at, h.accepted_at, h.ended_at, h.overdue_at]) t
     WHERE t IS NOT NULL;
    RETURN NULL;
END
$$;

-- Only where something changed that is counted: a warning, a request or an objection is not. Both
-- sides of it: what leaves a month is missed there.
CREATE OR REPLACE FUNCTION gate.figures_of_holdings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO figure_dirty (area_id, month, at)
    SELECT DISTINCT d.area_id, gate.month_of(t), gate.now()
      FROM (SELECT o.dispute_id,
                   ARRAY[o.received_at, o.accepted_at, o.ended_at, o.overdue_at,
                         n.received_at, n.accepted_at, n.ended_at, n.overdue_at] AS times
              FROM old_rows o JOIN new_rows n USING (id)
             WHERE (o.office_id, o.level, o.begun_how, o.received_at, o.accept_by, o.handle_by,
                    o.accepted_at, o.overdue_at, o.extended, o.ended_at, o.ended_how)
                   IS DISTINCT FROM
                   (n.office_id, n.level, n.begun_how, n.received_at, n.accept_by, n.handle_by,
                    n.accepted_at, n.overdue_at, n.extended, n.ended_at, n.ended_how)) changed
      JOIN dispute d ON d.id = changed.dispute_id
     CROSS JOIN unnest(changed.times) t
     WHERE t IS NOT NULL;
    RETURN NULL;
END
$$;

-- A case that lies elsewhere now, or is of another category.
CREATE OR REPLACE FUNCTION gate.figures_of_disputes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO figure_dirty (area_id, month, at)
    SELECT DISTINCT lies.area_id, gate.month_of(t), gate.now()
      FROM old_rows o
      JOIN new_rows n    USING (id)
      JOIN holding h     ON h.dispute_id = n.id
     CROSS JOIN unnest(ARRAY[o.area_id, n.area_id]) lies (area_id)
     CROSS JOIN unnest(ARRAY[h.received_at, h.accepted_at, h.ended_at, h.overdue_at]) t
     WHERE t IS NOT NULL AND (o.area_id, o.category) IS DISTINCT FROM (n.area_id, n.category);
    RETURN NULL;
END
$$;

-- An Area that was merged, split or given another code: its months belong elsewhere, all of them.
CREATE OR REPLACE FUNCTION gate.figures_of_areas() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO figure_dirty (area_id, month, at, recoded)
    SELECT DISTINCT o.id, f.month, gate.now(), true
      FROM old_rows o
      JOIN new_rows n     USING (id)
      JOIN figure_month f ON f.area_id = o.id
     WHERE (o.code, o.ended_at) IS DISTINCT FROM (n.code, n.ended_at);
    RETURN NULL;
END
$$;

-- Areas whose figures the asker may read: those of one's Offices and all below. Who serves cells
-- alone reads none.
CREATE OR REPLACE FUNCTION gate.figure_areas() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT place.id
      FROM gate.my_assignments() mine
      JOIN area place ON place.code LIKE mine.area_code || '%' AND place.ended_at IS NULL
     WHERE mine.role IN ('mediator', 'township_supervisor', 'county_office');
END
$$;

-- As of when the figures are right: all that was written before this is counted.
CREATE OR REPLACE FUNCTION gate.figures_as_of() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT coalesce((SELECT at FROM figure_dirty ORDER BY at LIMIT 1), gate.now()) $$;

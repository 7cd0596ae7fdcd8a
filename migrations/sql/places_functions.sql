-- Codes are dated labels: whoever writes an area or a cell, its label is kept here, from–to. A label
-- of no length (a code that was changed twice at once) stays: somebody may have written it down.

CREATE OR REPLACE FUNCTION gate.label_new_areas() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO area_label (id, area_id, parent_id, code, name, valid_from)
    SELECT gen_random_uuid(), id, parent_id, code, name, gate.now()
      FROM new_rows WHERE ended_at IS NULL;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.label_changed_areas() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changed uuid[] := ARRAY(
        SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
         WHERE (n.parent_id, n.code, n.name, n.ended_at IS NULL)
               IS DISTINCT FROM (o.parent_id, o.code, o.name, o.ended_at IS NULL));
BEGIN
    UPDATE area_label SET valid_to = greatest(valid_from, gate.now())
     WHERE area_id = ANY (changed) AND valid_to IS NULL;
    INSERT INTO area_label (id, area_id, parent_id, code, name, valid_from)
    SELECT gen_random_uuid(), id, parent_id, code, name, gate.label_start(id, NULL)
      FROM new_rows WHERE id = ANY (changed) AND ended_at IS NULL;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.label_new_cells() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO cell_label (id, cell_id, village_id, code, name, groups, valid_from)
    SELECT gen_random_uuid(), id, village_id, code, name, groups, gate.now()
      FROM new_rows WHERE ended_at IS NULL;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.label_changed_cells() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changed uuid[] := ARRAY(
        SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
         WHERE (n.village_id, n.code, n.name, n.groups, n.ended_at IS NULL)
               IS DISTINCT FROM (o.village_id, o.code, o.name, o.groups, o.ended_at IS NULL));
BEGIN
    UPDATE cell_label SET valid_to = greatest(valid_from, gate.now())
     WHERE cell_id = ANY (changed) AND valid_to IS NULL;
    INSERT INTO cell_label (id, cell_id, village_id, code, name, groups, valid_from)
    SELECT gen_random_uuid(), id, village_id, code, name, groups, gate.label_start(NULL, id)
      FROM new_rows WHERE id = ANY (changed) AND ended_at IS NULL;
    RETURN NULL;
END
$$;

-- A label begins where the one before it ended, also where the clock went backwards meanwhile.
CREATE OR REPLACE FUNCTION gate.label_start(an_area uuid, a_cell uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT greatest(gate.now(), (SELECT max(valid_to) FROM area_label WHERE area_id = an_area),
                                (SELECT max(valid_to) FROM cell_label WHERE cell_id = a_cell))
$$;

-- What an Area is now: itself, or where it ended what all of it became part of. A phone that was away
-- names the village that it knew.
CREATE OR REPLACE FUNCTION gate.present_area(an_area uuid) RETURNS uuid
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    here  uuid := an_area;
    heir  uuid;
    steps int := 0;
BEGIN
    WHILE steps < 20 AND EXISTS (SELECT FROM area WHERE id = here AND ended_at IS NOT NULL) LOOP
        SELECT s.to_id INTO heir FROM area_successor s
         WHERE s.from_id = here AND s.to_id <> here AND s.kind = 'merged' ORDER BY s.at DESC LIMIT 1;
        EXIT WHEN heir IS NULL;
        here := heir;
        steps := steps + 1;
    END LOOP;
    RETURN here;
END
$$;

-- These present areas and all that became part of them: their history is read. By what was merged, not
-- by codes: an ended Area keeps its last one, which may be another place's by now.
CREATE OR REPLACE FUNCTION gate.with_past(present uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE line (id) AS (
        SELECT unnest(present)
        UNION
        SELECT s.from_id
          FROM line
          JOIN area_successor s ON s.to_id = line.id AND s.kind = 'merged'
          JOIN area past        ON past.id = s.from_id AND past.ended_at IS NOT NULL
    )
    SELECT line.id FROM line;
END
$$;

-- The code that an Area had at a moment; before its first label, that one's.
CREATE OR REPLACE FUNCTION gate.code_at(an_area uuid, a_time timestamptz) RETURNS text
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT l.code FROM area_label l WHERE l.area_id = an_area
             ORDER BY (l.valid_from <= a_time) DESC,
                      CASE WHEN l.valid_from <= a_time THEN l.valid_from END DESC, l.valid_from
             LIMIT 1);
END
$$;

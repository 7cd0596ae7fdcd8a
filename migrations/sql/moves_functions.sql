-- What the gate answers about moves.

-- The villages that the asker answers for: below a township that one supervises, or in the county;
-- and those that became part of them, for their history.
CREATE OR REPLACE FUNCTION gate.my_charge() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT gate.with_past(ARRAY(
        SELECT v.id
          FROM gate.my_assignments() a
          JOIN area v ON v.level = 'village' AND v.code LIKE a.area_code || '%'
                     AND v.ended_at IS NULL
         WHERE a.role IN ('township_supervisor', 'county_office')));
END
$$;

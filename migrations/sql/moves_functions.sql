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

-- Whose phones the asker may weigh: of those who serve below, or did within 30 days, and of those who
-- serve nowhere yet. What the people of another township carry is that township's.
CREATE OR REPLACE FUNCTION gate.my_phones() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT user_id FROM gate.my_charges()
     WHERE valid_to IS NULL OR valid_to > gate.now() - interval '30 days'
     UNION
    SELECT u.id FROM user_account u
     WHERE gate.sees_county()
        OR gate.holds_role('township_supervisor')
           AND NOT EXISTS (SELECT FROM assignment a
                            WHERE a.user_id = u.id
                              AND (a.valid_to IS NULL OR a.valid_to > gate.now()));
END
$$;

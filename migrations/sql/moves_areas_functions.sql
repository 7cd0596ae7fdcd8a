-- Of villages that were merged at this very time (gate.now()): a case known in several of them is known
-- in what they became once. Whoever may write area_successor has decided that.
CREATE OR REPLACE FUNCTION gate.collapse_places() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH merged AS (
        SELECT from_id, to_id FROM area_successor WHERE at = gate.now() AND kind = 'merged'
    )
    DELETE FROM dispute_place p
     USING merged m
     WHERE p.village_id = m.from_id
       AND EXISTS (SELECT FROM dispute_place q LEFT JOIN merged other ON other.from_id = q.village_id
                    WHERE q.dispute_id = p.dispute_id
                      AND coalesce(other.to_id, q.village_id) = m.to_id
                      AND (other.from_id IS NULL OR q.village_id < p.village_id))
$$;

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

-- Of a village that was split at this very time: these cases, known in it as a whole, are known in the
-- new village too. Somebody there is a party.
CREATE OR REPLACE FUNCTION gate.spread_places(disputes uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO dispute_place (dispute_id, village_id)
    SELECT p.dispute_id, s.to_id
      FROM area_successor s
      JOIN dispute_place p ON p.village_id = s.from_id AND p.cell_id IS NULL
     WHERE s.at = gate.now() AND s.kind = 'split' AND p.dispute_id = ANY (disputes)
     ORDER BY p.dispute_id
    ON CONFLICT DO NOTHING
$$;

-- Of the asker's places, cells whose tally is still right: how many households live there, how many of
-- these were met since, and how many were not since. Both begin with a local day. What is written to a
-- cell's bucket moves its head, and the tally is not taken then: whoever asks counts that cell anew.
CREATE OR REPLACE FUNCTION gate.tallied(since timestamptz, unseen_since timestamptz)
RETURNS TABLE (cell_id uuid, households bigint, visited bigint, unseen bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    everywhere boolean := gate.sees_county();
    held text[] := CASE WHEN NOT everywhere THEN ARRAY(SELECT gate.my_places()) END;
    -- The last days that are too long ago.
    unmet date := (since AT TIME ZONE 'Asia/Shanghai')::date - 1;
    silent date := (unseen_since AT TIME ZONE 'Asia/Shanghai')::date - 1;
BEGIN
    RETURN QUERY
    SELECT t.cell_id, counted.all_of_them,
           counted.all_of_them - coalesce(t.homes[width_bucket(unmet, t.met_on)], 0),
           coalesce(t.homes[width_bucket(silent, t.met_on)], 0)::bigint
      FROM cell_tally t
      JOIN feed_head head ON head.bucket = 'c:' || t.cell_id AND head.seq = t.seq
     CROSS JOIN LATERAL (
           SELECT coalesce(t.homes[cardinality(t.homes)], 0)::bigint AS all_of_them) counted
     WHERE everywhere OR head.bucket = ANY (held);
END
$$;

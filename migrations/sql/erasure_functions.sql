-- Which of these parties were erased: a case that a phone sends again takes none of them back.
CREATE OR REPLACE FUNCTION gate.erased_parties(ids uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT t.row_id FROM feed_tombstone t
                  WHERE t.entity = 'party' AND t.erased AND t.row_id = ANY (ids);
END
$$;

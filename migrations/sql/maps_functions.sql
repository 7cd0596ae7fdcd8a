-- What a map shows beside what phones hold: boundaries, assignments, names of staff. A change of one
-- writes an entry in a bucket that nobody holds, so that the newest mark of the feed tells whether a
-- map has changed: tiles are cached by it. One entry a row, so that two who write different rows do
-- not wait for each other.
CREATE OR REPLACE FUNCTION feed.on_drawn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT 'maps', TG_TABLE_NAME, id, true FROM changed_rows ORDER BY id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
    RETURN NULL;
END
$$;

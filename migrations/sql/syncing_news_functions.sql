-- Where a phone stands, in one look: what a pull needs to see that nothing is new, and what the poll
-- tells. plpgsql keeps its plans; the asker's buckets are worked out once, and LIMIT 1 makes it look
-- for the head of each: a join would read those of all cells of the county (0.4 ms in place of 1.1).

-- The present epoch; the asker's device and what it last told; the newest mark, and whether `a_mark` is of this history;
-- heads of all buckets that the asker holds now.
CREATE OR REPLACE FUNCTION gate.standing(a_device uuid, a_mark uuid)
RETURNS TABLE (epoch text, next_n bigint, revoked boolean, newest_mark text, knows_mark boolean,
               buckets text[], seqs bigint[], ns bigint[], hs bigint[],
               unsent_changes int, unsent_rejected int, unsent_files int,
               unsent_oldest_at timestamptz, unsent_at timestamptz, unsent_boot text,
               unsent_elapsed bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT (SELECT e.id::text FROM sync_epoch e ORDER BY e.number DESC LIMIT 1),
           d.next_n, d.revoked_at IS NOT NULL,
           (SELECT m.mark::text FROM feed_mark m ORDER BY m.seq DESC LIMIT 1),
           EXISTS (SELECT FROM feed_mark m WHERE m.mark = a_mark),
           held.buckets, held.seqs, held.ns, held.hs,
           d.unsent_changes, d.unsent_rejected, d.unsent_files, d.unsent_oldest_at, d.unsent_at,
           d.unsent_boot, d.unsent_elapsed
      FROM (SELECT array_agg(mine.bucket             ORDER BY mine.bucket) AS buckets,
                   array_agg(coalesce(head.seq, 0)   ORDER BY mine.bucket) AS seqs,
                   array_agg(coalesce(head.n, 0)     ORDER BY mine.bucket) AS ns,
                   array_agg(coalesce(head.h, 0)     ORDER BY mine.bucket) AS hs
              FROM gate.my_buckets() AS mine (bucket)
              LEFT JOIN LATERAL (SELECT * FROM feed_head h
                                  WHERE h.bucket = mine.bucket LIMIT 1) head ON true) held
      LEFT JOIN device d ON d.id = a_device AND d.user_id = gate.user_id()
     WHERE gate.user_id() IS NOT NULL;
END
$$;

-- A text that changes when the asker gains or loses a bucket, when one of them moves on, and when the
-- county begins a new epoch; and not when others write elsewhere. Nobody is told nothing.
CREATE OR REPLACE FUNCTION gate.news() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (
        SELECT md5(concat_ws(',', (SELECT e.id FROM sync_epoch e ORDER BY e.number DESC LIMIT 1),
                             string_agg(mine.bucket || ':' || coalesce(head.seq, 0), ','
                                        ORDER BY mine.bucket)))
          FROM gate.my_buckets() AS mine (bucket)
          LEFT JOIN LATERAL (SELECT seq FROM feed_head h
                              WHERE h.bucket = mine.bucket LIMIT 1) head ON true
        HAVING gate.user_id() IS NOT NULL);
END
$$;

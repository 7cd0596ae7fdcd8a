-- The feed: one entry per bucket and row, and the stamp that numbers entries in commit order.
--
-- Statement triggers write entries unstamped (seq NULL) and one pending row per transaction. The
-- deferred trigger on the pending table takes one advisory lock at commit, numbers the entries,
-- moves the heads, writes a mark and deletes the pending row, so that a later write of the same
-- transaction wakes it again. The lock is the last one taken and is held until the commit is
-- visible: whoever reads a head has every entry below it. (A bare sequence loses rows under several writers.)
--
-- Everything runs as wangge_feed, which has policies of its own on the feed tables; as a mere table
-- owner under FORCE it would silently stamp nothing.

CREATE OR REPLACE FUNCTION feed.wake() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_pending (txid) VALUES (pg_current_xact_id()::text) ON CONFLICT DO NOTHING;
END
$$;

-- Tables whose rows carry their own `id` and `bucket`: TG_ARGV[0] is the entity.
CREATE OR REPLACE FUNCTION feed.on_insert() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT bucket, TG_ARGV[0], id, true FROM new_rows ORDER BY bucket, id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT bucket, TG_ARGV[0], id, put
      FROM (SELECT n.bucket, n.id, true AS put FROM new_rows n
            UNION ALL
            SELECT o.bucket, o.id, false FROM old_rows o JOIN new_rows n USING (id)
             WHERE o.bucket <> n.bucket) moved
     ORDER BY bucket, id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT bucket, TG_ARGV[0], id, false FROM old_rows ORDER BY bucket, id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN
        INSERT INTO feed_tombstone (entity, row_id) SELECT TG_ARGV[0], id FROM old_rows
        ON CONFLICT DO NOTHING;
        PERFORM feed.wake();
    END IF;
    RETURN NULL;
END
$$;

-- Disputes are in every bucket of dispute_place, their events with them; one with a recusal is in the
-- personal buckets of its hearers instead, so that a bucket is the same for everybody who holds it.
-- Plain and without settings: the statements that ask take it into their own plan.
CREATE OR REPLACE FUNCTION feed.hearing(ids uuid[]) RETURNS TABLE (dispute_id uuid, bucket text)
LANGUAGE sql STABLE AS $$
    SELECT p.dispute_id, p.bucket FROM public.dispute_place p
     WHERE p.dispute_id = ANY (ids)
       AND NOT EXISTS (SELECT FROM public.recusal r
                        WHERE r.dispute_id = p.dispute_id AND r.ended_at IS NULL)
    UNION ALL
    SELECT h.dispute_id, 'u:' || h.user_id FROM public.dispute_hearer h WHERE h.dispute_id = ANY (ids)
$$;

-- Holdings carry the level, the Office and the deadline that phones show, so that a change of one is a
-- change of its dispute.
CREATE OR REPLACE FUNCTION feed.put_disputes(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT heard.bucket, 'dispute', heard.dispute_id, true
      FROM feed.hearing(ids) heard
     -- An act writes several rows of a case, and each of them comes here: told once is enough.
     WHERE NOT EXISTS (SELECT FROM feed_entry f
                        WHERE f.bucket = heard.bucket AND f.entity = 'dispute'
                          AND f.row_id = heard.dispute_id AND f.put AND f.seq IS NULL)
     ORDER BY heard.bucket, heard.dispute_id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_dispute() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.put_disputes(ARRAY(SELECT id FROM new_rows));
    RETURN NULL;
END
$$;

-- By now its places are gone, and with them its entries.
CREATE OR REPLACE FUNCTION feed.on_dispute_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_tombstone (entity, row_id) SELECT 'dispute', id FROM old_rows
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_holding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.put_disputes(ARRAY(SELECT dispute_id FROM changed_rows));
    RETURN NULL;
END
$$;

-- Only where something changed that phones show, or which Holding it is that they show: most warnings
-- and objections are for desks alone. A row that was given another id is gone, and another is there.
CREATE OR REPLACE FUNCTION feed.on_holding_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.put_disputes(ARRAY(
        SELECT n.dispute_id FROM new_rows n LEFT JOIN old_rows o USING (id)
         WHERE (o.dispute_id, o.due_at, o.accept_by, o.handle_by, o.ended_at, o.extended,
                o.extension_declined, o.extension_answer_by, o.request_answer_by,
                o.request_answered_at, o.office_id, o.level)
               IS DISTINCT FROM
               (n.dispute_id, n.due_at, n.accept_by, n.handle_by, n.ended_at, n.extended,
                n.extension_declined, n.extension_answer_by, n.request_answer_by,
                n.request_answered_at, n.office_id, n.level)
         UNION
        SELECT o.dispute_id FROM old_rows o LEFT JOIN new_rows n USING (id)
         WHERE n.dispute_id IS DISTINCT FROM o.dispute_id));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_dispute_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT heard.bucket, 'dispute_event', n.id, true
      FROM new_rows n
      JOIN feed.hearing(ARRAY(SELECT dispute_id FROM new_rows)) heard USING (dispute_id)
     ORDER BY heard.bucket, n.id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
    RETURN NULL;
END
$$;

-- What these pairs of dispute and bucket are worth now. What was never told is not taken back: of a
-- case that begins with a recusal the shared buckets do not even hear the id.
CREATE OR REPLACE FUNCTION feed.settle_places(disputes uuid[], buckets text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT * FROM unnest(disputes, buckets) t (dispute_id, bucket)
    ), heard AS MATERIALIZED (
        SELECT * FROM feed.hearing(disputes)
    )
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT worth.bucket, rows.entity, rows.id, worth.put
      FROM (SELECT t.*, EXISTS (SELECT FROM heard h
                                 WHERE (h.dispute_id, h.bucket) = (t.dispute_id, t.bucket)) AS put
              FROM touched t) worth
     CROSS JOIN LATERAL (
           SELECT 'dispute' AS entity, worth.dispute_id AS id
           UNION ALL
           SELECT 'dispute_event', e.id FROM dispute_event e
            WHERE e.dispute_id = worth.dispute_id) rows
     WHERE worth.put OR EXISTS (SELECT FROM feed_entry f
                                 WHERE f.bucket = worth.bucket AND f.entity = rows.entity
                                   AND f.row_id = rows.id)
     ORDER BY worth.bucket, rows.entity, rows.id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
END
$$;

-- A case begins or ceases to be kept apart. What this very transaction had put into a shared bucket and
-- nobody was told yet goes without a trace.
CREATE OR REPLACE FUNCTION feed.on_recusal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.settle_places(array_agg(p.dispute_id), array_agg(p.bucket))
       FROM dispute_place p WHERE p.dispute_id IN (SELECT dispute_id FROM changed_rows);
    DELETE FROM feed_entry f
     USING dispute_place p
     WHERE p.dispute_id IN (SELECT dispute_id FROM changed_rows)
       AND f.bucket = p.bucket AND f.seq IS NULL AND f.stamped IS NULL AND NOT f.put
       AND (f.entity = 'dispute' AND f.row_id = p.dispute_id
            OR f.entity = 'dispute_event'
               AND EXISTS (SELECT FROM dispute_event e
                            WHERE e.id = f.row_id AND e.dispute_id = p.dispute_id));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_hearer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.settle_places(array_agg(dispute_id), array_agg('u:' || user_id)) FROM changed_rows;
    RETURN NULL;
END
$$;

-- A Holding that is marked at the very moment of a recusal may put its case back into a shared bucket:
-- nobody can read it there, and it is taken out again. The worker's round.
CREATE OR REPLACE FUNCTION feed.mend_recusals() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.settle_places(array_agg(p.dispute_id), array_agg(p.bucket))
       FROM dispute_place p
      WHERE p.dispute_id IN (SELECT r.dispute_id FROM recusal r WHERE r.ended_at IS NULL)
        AND EXISTS (SELECT FROM feed_entry f
                     WHERE f.bucket = p.bucket AND f.entity = 'dispute'
                       AND f.row_id = p.dispute_id AND f.put);
END
$$;

CREATE OR REPLACE FUNCTION feed.on_dispute_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.settle_places(array_agg(dispute_id), array_agg(bucket)) FROM changed_rows;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION feed.on_dispute_place_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM feed.settle_places(array_agg(dispute_id), array_agg(bucket))
       FROM (SELECT dispute_id, bucket FROM old_rows
             UNION ALL SELECT dispute_id, bucket FROM new_rows) t;
    RETURN NULL;
END
$$;

-- These rows were deleted because a person is erased: their ids are never taken again, and whoever
-- holds one of these buckets hears that what is kept of them has to be wiped. Called after the delete.
CREATE OR REPLACE FUNCTION feed.erase(an_entity text, ids uuid[], buckets text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_tombstone (entity, row_id, erased)
    SELECT DISTINCT an_entity, id, true FROM unnest(ids) id
    ON CONFLICT (entity, row_id) DO UPDATE SET erased = true;
    INSERT INTO feed_entry (bucket, entity, row_id, put, erased)
    SELECT DISTINCT bucket, an_entity, id, false, true
      FROM unnest(buckets) bucket CROSS JOIN unnest(ids) id ORDER BY bucket, id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = false, erased = true, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
END
$$;

-- Of an event that is written nothing changes but what it says in words: sealed anew under another key,
-- or erased, once and for good. The digest of a text stays, so that the chain holds without it.
CREATE OR REPLACE FUNCTION feed.on_event_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM old_rows was FULL JOIN new_rows now USING (id)
                WHERE to_jsonb(was) - '{why,agreement,erased_at}'::text[]
                      IS DISTINCT FROM to_jsonb(now) - '{why,agreement,erased_at}'::text[]
                   OR was.erased_at IS NOT NULL AND now.erased_at IS NULL
                   OR was.why IS NULL AND now.why IS NOT NULL
                   OR was.agreement IS NULL AND now.agreement IS NOT NULL) THEN
        RAISE EXCEPTION '% of % is refused: history is only added to', TG_OP, TG_TABLE_NAME;
    END IF;
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT heard.bucket, 'dispute_event', now.id, true
      FROM new_rows now
      JOIN old_rows was USING (id)
      JOIN feed.hearing(ARRAY(SELECT dispute_id FROM new_rows)) heard
        ON heard.dispute_id = now.dispute_id
     WHERE now.erased_at IS DISTINCT FROM was.erased_at
     ORDER BY heard.bucket, now.id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
    RETURN NULL;
END
$$;

-- Events go with a case whose erasure was ordered, and with nothing else.
CREATE OR REPLACE FUNCTION feed.on_event_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM erasure e
                    WHERE e.entity = 'dispute' AND e.row_id = OLD.dispute_id
                      AND e.done_at IS NULL) THEN
        RAISE EXCEPTION '% of % is refused: history is only added to', TG_OP, TG_TABLE_NAME;
    END IF;
    INSERT INTO feed_tombstone (entity, row_id) VALUES ('dispute_event', OLD.id)
    ON CONFLICT DO NOTHING;
    RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION feed.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE % is refused: phones would never hear of it; use DELETE', TG_TABLE_NAME;
END
$$;

-- First 64 bits of md5(entity, id, rev), as sync.digest has it.
CREATE OR REPLACE FUNCTION feed.digest(entity text, row_id uuid, rev bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ('x' || substr(md5(entity || row_id::text || rev::text), 1, 16))::bit(64)::bigint
$$;

CREATE OR REPLACE FUNCTION feed.stamp() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    newest bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(511921, 1);
    -- By ctid: unstamped entries that we see are our own, so nobody moves them; and by key a table
    -- that was never analysed is read bucket by bucket, once for each entry.
    WITH fresh AS MATERIALIZED (
        SELECT ctid AS at, bucket, entity, row_id, put, stamped, was_put, nextval('feed_seq') AS now_seq
          FROM feed_entry
         WHERE seq IS NULL
    ), numbered AS (
        UPDATE feed_entry f
           SET seq = now_seq, stamped = now_seq, was_put = f.put
          FROM fresh
         WHERE f.ctid = fresh.at
     RETURNING fresh.*
    ), moved AS (
        INSERT INTO feed_head AS head (bucket, seq, n, h)
        SELECT bucket, max(now_seq), sum(put::int - was_put::int),
               bit_xor(CASE WHEN put     THEN feed.digest(entity, row_id, now_seq) ELSE 0 END
                     # CASE WHEN was_put THEN feed.digest(entity, row_id, stamped) ELSE 0 END)
          FROM numbered
         GROUP BY bucket ORDER BY bucket
        ON CONFLICT (bucket) DO UPDATE
           SET seq = excluded.seq, n = head.n + excluded.n, h = head.h # excluded.h
     RETURNING seq
    )
    SELECT max(now_seq) INTO newest FROM numbered;
    IF newest IS NOT NULL THEN
        INSERT INTO feed_mark (seq, mark, at) VALUES (newest, gen_random_uuid(), clock_timestamp());
    END IF;
    DELETE FROM feed_pending WHERE txid = pg_current_xact_id()::text;
    RETURN NULL;
END
$$;

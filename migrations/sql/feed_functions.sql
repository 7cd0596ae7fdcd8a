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

-- Disputes are in every bucket of dispute_place, their events with them; Holdings carry the level,
-- the Office and the deadline that phones show, so that a change of one is a change of its dispute.
CREATE OR REPLACE FUNCTION feed.put_disputes(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT p.bucket, 'dispute', p.dispute_id, true
      FROM dispute_place p WHERE p.dispute_id = ANY (ids) ORDER BY p.bucket, p.dispute_id
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

CREATE OR REPLACE FUNCTION feed.on_dispute_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT p.bucket, 'dispute_event', n.id, true
      FROM new_rows n JOIN dispute_place p USING (dispute_id) ORDER BY p.bucket, n.id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
    RETURN NULL;
END
$$;

-- What these pairs of dispute and bucket are worth now: dispute_place says it.
CREATE OR REPLACE FUNCTION feed.settle_places(disputes uuid[], buckets text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_entry (bucket, entity, row_id, put)
    SELECT touched.bucket, rows.entity, rows.id,
           EXISTS (SELECT FROM dispute_place p
                    WHERE p.dispute_id = touched.dispute_id AND p.bucket = touched.bucket)
      FROM (SELECT DISTINCT * FROM unnest(disputes, buckets) t (dispute_id, bucket)) touched
     CROSS JOIN LATERAL (
           SELECT 'dispute' AS entity, touched.dispute_id AS id
           UNION ALL
           SELECT 'dispute_event', e.id FROM dispute_event e
            WHERE e.dispute_id = touched.dispute_id) rows
     ORDER BY touched.bucket, rows.entity, rows.id
    ON CONFLICT (bucket, entity, row_id) DO UPDATE SET put = excluded.put, seq = NULL;
    IF FOUND THEN PERFORM feed.wake(); END IF;
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

CREATE OR REPLACE FUNCTION feed.refuse_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: history is only added to', TG_OP, TG_TABLE_NAME;
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

-- The feed is written by the stamp alone; a phone reads the entries and heads of its own buckets.
GRANT SELECT, INSERT, UPDATE, DELETE ON feed_entry, feed_pending, feed_head, feed_mark, feed_tombstone
   TO wangge_feed;
GRANT USAGE ON SEQUENCE feed_seq TO wangge_feed;
GRANT SELECT ON feed_entry, feed_head, feed_mark, feed_tombstone TO wangge_app, wangge_push;
GRANT SELECT ON feed_entry, feed_head, feed_mark, feed_pending, feed_tombstone TO wangge_worker;
GRANT SELECT ON feed_tombstone TO wangge_gate;

CREATE POLICY stamp ON feed_entry     TO wangge_feed USING (true) WITH CHECK (true);
CREATE POLICY stamp ON feed_pending   TO wangge_feed USING (true) WITH CHECK (true);
CREATE POLICY stamp ON feed_head      TO wangge_feed USING (true) WITH CHECK (true);
CREATE POLICY stamp ON feed_mark      TO wangge_feed USING (true) WITH CHECK (true);
CREATE POLICY stamp ON feed_tombstone TO wangge_feed USING (true) WITH CHECK (true);

CREATE POLICY own_buckets ON feed_entry FOR SELECT TO wangge_app, wangge_push
    USING (bucket = ANY (ARRAY(SELECT gate.my_buckets())));
CREATE POLICY own_buckets ON feed_head FOR SELECT TO wangge_app, wangge_push
    USING (bucket = ANY (ARRAY(SELECT gate.my_buckets())));
-- A mark is a random number; knowing one tells nothing.
CREATE POLICY signed_in ON feed_mark FOR SELECT TO wangge_app, wangge_push
    USING (gate.user_id() IS NOT NULL);
CREATE POLICY gate_reads ON feed_tombstone FOR SELECT TO wangge_gate USING (true);

CREATE POLICY worker_reads ON feed_entry     FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_reads ON feed_head      FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_reads ON feed_mark      FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_reads ON feed_pending   FOR SELECT TO wangge_worker USING (true);
CREATE POLICY worker_reads ON feed_tombstone FOR SELECT TO wangge_worker USING (true);

GRANT EXECUTE ON FUNCTION feed.mend_recusals() TO wangge_worker;

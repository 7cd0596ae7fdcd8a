-- What gate.standing and gate.news look at, beside heads and epochs.
GRANT SELECT ON feed_mark TO wangge_gate;

CREATE POLICY gate_reads ON feed_mark FOR SELECT TO wangge_gate USING (true);

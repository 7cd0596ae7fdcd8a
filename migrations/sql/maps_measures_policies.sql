-- Tallies are written by the worker alone and read through gate.tallied, which asks whose cells they are.
GRANT SELECT ON cell_tally TO wangge_gate;
GRANT SELECT, INSERT, UPDATE ON cell_tally TO wangge_worker;

CREATE POLICY gate_reads ON cell_tally FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker ON cell_tally TO wangge_worker USING (true) WITH CHECK (true);

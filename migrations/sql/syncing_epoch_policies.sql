-- The gate compares the newest epoch with the database that it finds itself in.
GRANT SELECT ON sync_epoch TO wangge_gate;
CREATE POLICY gate_reads ON sync_epoch FOR SELECT TO wangge_gate USING (true);

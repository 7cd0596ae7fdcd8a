-- Counted and forgotten by the gate alone: nobody else reads or writes them.
GRANT SELECT, INSERT, UPDATE, DELETE ON knock TO wangge_gate;
GRANT EXECUTE ON FUNCTION
      gate.knock(text[], bytea[], double precision[], double precision[]) TO wangge_resident;

CREATE POLICY gate_counts ON knock TO wangge_gate USING (true) WITH CHECK (true);

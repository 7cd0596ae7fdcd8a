-- Areas, cells and boundaries are no secret among those who work here.
GRANT SELECT ON area, grid_cell, boundary TO wangge_app, wangge_push, wangge_gate;
GRANT SELECT, INSERT, UPDATE ON area, grid_cell, boundary TO wangge_worker;

CREATE POLICY signed_in ON area FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON grid_cell FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));
CREATE POLICY signed_in ON boundary FOR SELECT TO wangge_app, wangge_push
    USING ((SELECT gate.admitted()));

CREATE POLICY gate_reads ON area      FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON grid_cell FOR SELECT TO wangge_gate USING (true);
CREATE POLICY gate_reads ON boundary  FOR SELECT TO wangge_gate USING (true);

CREATE POLICY worker ON area      TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON grid_cell TO wangge_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON boundary  TO wangge_worker USING (true) WITH CHECK (true);

-- Who is linked with whom at the identity provider: made and unmade at the keyboard of the server, asked
-- by the gate; the web neither lists nor changes it.
GRANT SELECT ON external_login TO wangge_gate;
GRANT SELECT, INSERT, DELETE ON external_login TO wangge_worker;

CREATE POLICY gate_reads ON external_login FOR SELECT TO wangge_gate USING (true);
CREATE POLICY worker     ON external_login TO wangge_worker USING (true) WITH CHECK (true);

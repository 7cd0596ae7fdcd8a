-- A second factor is its user's own: nobody else reads whether there is one, and the secret is sealed.
-- It is never deleted; one that was taken away is an empty row that says when.
GRANT SELECT, INSERT (user_id, secret, made_at), UPDATE (secret, made_at, confirmed_at, last_step, recovery)
   ON second_factor TO wangge_app;
GRANT SELECT, UPDATE ON second_factor TO wangge_gate;
GRANT SELECT, INSERT, UPDATE (secret, made_at, confirmed_at, last_step, recovery, reset_at)
   ON second_factor TO wangge_worker;
GRANT UPDATE (proved_at) ON login TO wangge_app;
GRANT DELETE ON login TO wangge_worker;  -- of what is over

CREATE POLICY own ON second_factor TO wangge_app
    USING (user_id = gate.user_id()) WITH CHECK (user_id = gate.user_id());
CREATE POLICY gate_resets ON second_factor TO wangge_gate   USING (true) WITH CHECK (true);
CREATE POLICY worker      ON second_factor TO wangge_worker USING (true) WITH CHECK (true);

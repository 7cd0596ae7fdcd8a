-- Who keeps accounts over the web. The system administrator makes them, names them and invites; the
-- security administrator gives and takes roles and disables; a township's supervisor does so for the
-- mediators of the own villages. Nobody does any of it to oneself. Who serves a cell is a move.
GRANT INSERT (id, login, name, created_at), UPDATE (name, active) ON user_account TO wangge_app;
GRANT SELECT (user_id), INSERT, UPDATE (password_hash) ON credential TO wangge_app;
GRANT INSERT, UPDATE (name, kind, public_telephone, lead) ON office TO wangge_app;
GRANT INSERT, UPDATE (valid_to) ON assignment TO wangge_app;
GRANT UPDATE (revoked_at, revoked_by, revoked_why) ON device TO wangge_app;
GRANT SELECT (user_id, made_at, made_by, expires_at, used_at), INSERT,
      UPDATE (digest, made_at, made_by, expires_at, used_at) ON invitation TO wangge_app;
GRANT SELECT, INSERT, UPDATE (digest, made_at, made_by, expires_at, used_at) ON invitation
   TO wangge_worker;
GRANT SELECT, UPDATE (used_at, expires_at) ON invitation TO wangge_gate;
GRANT UPDATE (revoked_at, revoked_by, revoked_why) ON device TO wangge_gate;

CREATE POLICY made_by_system_admin ON user_account FOR INSERT TO wangge_app
    WITH CHECK ((SELECT gate.holds_role('system_admin')) AND active
                AND household_id IS NULL AND telephone_index IS NULL);
CREATE POLICY kept ON user_account FOR UPDATE TO wangge_app
    USING ((SELECT gate.holds_role('system_admin', 'security_admin')));

-- A password is one's own, set with the old one or with an invitation.
CREATE POLICY own ON credential TO wangge_app
    USING (user_id = gate.user_id()) WITH CHECK (user_id = gate.user_id());

CREATE POLICY added ON office FOR INSERT TO wangge_app
    WITH CHECK ((SELECT gate.holds_role('system_admin')));
CREATE POLICY kept ON office FOR UPDATE TO wangge_app
    USING ((SELECT gate.holds_role('system_admin')));

CREATE POLICY given ON assignment FOR INSERT TO wangge_app
    WITH CHECK (user_id <> gate.user_id() AND valid_from >= gate.now()
                AND gate.may_give(role, office_id));
-- Who served until now is history. Whoever is disabled serves nothing any more, cells included.
CREATE POLICY taken ON assignment FOR UPDATE TO wangge_app
    USING (user_id <> gate.user_id() AND (valid_to IS NULL OR valid_to > gate.now())
           AND ((SELECT gate.holds_role('security_admin')) OR gate.may_give(role, office_id)))
    WITH CHECK (user_id <> gate.user_id() AND valid_to >= gate.now());

-- A device is its user's alone, here too: what others may know and end they ask of the gate, so that no
-- other question about "one's device" is ever answered for somebody else's.
CREATE POLICY gate_revokes ON device FOR UPDATE TO wangge_gate USING (true) WITH CHECK (true);

CREATE POLICY invited ON invitation TO wangge_app
    USING ((SELECT gate.holds_role('system_admin')))
    WITH CHECK ((SELECT gate.holds_role('system_admin'))
                AND made_by = gate.user_id() AND user_id <> gate.user_id()
                AND gate.may_invite(user_id, made_by));
CREATE POLICY gate_takes ON invitation TO wangge_gate USING (true) WITH CHECK (true);
CREATE POLICY worker ON invitation TO wangge_worker USING (true) WITH CHECK (true);

-- Signing in: what the gate tells before anybody is known, and what it ends.

CREATE OR REPLACE FUNCTION gate.refuse_revival() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'what was revoked in % stays revoked; enrol anew', TG_TABLE_NAME;
END
$$;

-- What proves the active user of a login, and whether this device is one of that user's own: only a
-- device that somebody has signed in on before, and that nobody has revoked.
CREATE OR REPLACE FUNCTION gate.credential_of(a_login text, a_device uuid)
RETURNS TABLE (user_id uuid, password_hash text, on_own_device boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, c.password_hash,
           EXISTS (SELECT FROM device d
                    WHERE d.id = a_device AND d.user_id = u.id AND d.revoked_at IS NULL)
      FROM user_account u JOIN credential c ON c.user_id = u.id
     WHERE u.login = a_login AND u.active
$$;

-- Who an access token belongs to, what that person holds now, when they last proved themselves in this
-- session, and whether they have a second factor, here or, for this session, at the county's identity
-- provider. The first use of a token proves that the answer which carried it arrived; from then on its
-- predecessor may not refresh again.
CREATE OR REPLACE FUNCTION gate.signed_in(a_hash bytea, at timestamptz)
RETURNS TABLE (user_id uuid, device_id uuid, device_revoked boolean, roles text[],
               login_id uuid, proved_at timestamptz, second_factor boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE login SET used_at = at
     WHERE access_hash = a_hash AND used_at IS NULL AND revoked_at IS NULL;
    RETURN QUERY
    SELECT l.user_id, l.device_id, d.revoked_at IS NOT NULL,
           ARRAY(SELECT DISTINCT a.role FROM assignment a
                  WHERE a.user_id = l.user_id AND a.valid_from <= at
                    AND (a.valid_to IS NULL OR a.valid_to > at)),
           l.id, l.proved_at,
           l.factor_elsewhere OR EXISTS (SELECT FROM second_factor f
                    WHERE f.user_id = l.user_id AND f.confirmed_at IS NOT NULL)
      FROM login l
      JOIN user_account u ON u.id = l.user_id
      JOIN device d       ON d.id = l.device_id
     WHERE l.access_hash = a_hash AND l.revoked_at IS NULL AND l.access_until > at
       -- Disabling revokes the devices: what was written on them before may still be delivered.
       AND (u.active OR d.revoked_at IS NOT NULL);
END
$$;

CREATE OR REPLACE FUNCTION gate.login_to_refresh(a_hash bytea)
RETURNS TABLE (id uuid, family_id uuid, user_id uuid, device_id uuid, refresh_until timestamptz,
               revoked boolean, succeeded boolean, successor_used boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT l.id, l.family_id, l.user_id, l.device_id, l.refresh_until, l.revoked_at IS NOT NULL,
           l.succeeded_by IS NOT NULL,
           coalesce(next.used_at IS NOT NULL OR next.succeeded_by IS NOT NULL, false)
      FROM login l
      JOIN user_account u ON u.id = l.user_id
      JOIN device d       ON d.id = l.device_id
      LEFT JOIN login next ON next.id = l.succeeded_by
     WHERE l.refresh_hash = a_hash AND (u.active OR d.revoked_at IS NOT NULL)
$$;

-- What opens, refreshes or ends sessions of a user does so one after the other: of two at once, what the
-- one opens the other does not see, and it would outlive a changed password.
CREATE OR REPLACE FUNCTION gate.lock_sessions(a_user uuid) RETURNS void
LANGUAGE sql VOLATILE AS
$$ SELECT pg_advisory_xact_lock(hashtextextended('sessions ' || a_user, 0)) $$;

-- All sessions of a user end, but this family of them (NULL: all); how many. One's own, or as the
-- security administrator or the county's own hand.
CREATE OR REPLACE FUNCTION gate.end_sessions(a_user uuid, but_family uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ended bigint;
BEGIN
    -- Nobody is not the same as nobody: an unset identity ends nothing.
    IF coalesce(a_user = gate.user_id(), false) OR gate.holds_role('security_admin')
       OR gate.countys_hand() THEN
        PERFORM gate.lock_sessions(a_user);
    ELSE
        RAISE EXCEPTION 'the sessions of others are ended by the security administrator'
              USING ERRCODE = '42501';
    END IF;
    UPDATE login l SET revoked_at = gate.now()
     WHERE l.user_id = a_user AND l.revoked_at IS NULL AND l.family_id IS DISTINCT FROM but_family;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

-- Somebody's second factor is taken away by the security administrator, who has seen the person, or by
-- the county's own hand; never one's own. False where there was none.
CREATE OR REPLACE FUNCTION gate.reset_second_factor(a_user uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF coalesce(a_user = gate.user_id(), false)
       OR NOT (gate.holds_role('security_admin') OR gate.countys_hand()) THEN
        RAISE EXCEPTION 'a second factor is reset by the security administrator, of others'
              USING ERRCODE = '42501';
    END IF;
    UPDATE second_factor f
       SET secret = NULL, confirmed_at = NULL, recovery = '{}', reset_at = gate.now()
     WHERE f.user_id = a_user AND f.secret IS NOT NULL;
    RETURN FOUND;
END
$$;

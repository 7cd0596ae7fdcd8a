-- What the gate answers about accounts, and what it refuses whoever writes: one person holds one of the
-- three administrators' roles at a time, and no other role beside it; the last of each kind stays.

-- Whether a code of this maker (none: the keyboard) may set that user's password. Somebody who decides
-- has it renewed beside a second factor, which no code touches; an administrator, at the keyboard alone:
-- whoever keeps the accounts would else be the second person of every act that takes two. A first
-- password, of somebody new, is anybody's to make possible.
CREATE OR REPLACE FUNCTION gate.may_invite(a_user uuid, maker uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT maker IS NULL
        OR NOT EXISTS (SELECT FROM credential c WHERE c.user_id = a_user)
        OR NOT EXISTS (
            SELECT FROM assignment a
             WHERE a.user_id = a_user
               AND (a.valid_to IS NULL
                    OR a.valid_to > greatest(gate.now(), a.valid_from + interval '1 microsecond'))
               AND (a.role LIKE '%\_admin'
                    OR a.role IN ('township_supervisor', 'county_office')
                       AND NOT EXISTS (SELECT FROM second_factor f
                                        WHERE f.user_id = a_user AND f.confirmed_at IS NOT NULL)))
$$;

-- Whose this code is, while it may be used. Asked before anybody is known: one answer, or none.
CREATE OR REPLACE FUNCTION gate.invitation_of(a_digest bytea) RETURNS TABLE (user_id uuid, login text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.login
      FROM invitation i JOIN user_account u ON u.id = i.user_id AND u.active
     WHERE i.digest = a_digest AND i.used_at IS NULL AND i.expires_at > gate.now()
       AND gate.may_invite(i.user_id, i.made_by)  -- also now: what they hold may have changed
$$;

-- Use one's own code up. False where somebody was quicker.
CREATE OR REPLACE FUNCTION gate.take_invitation(a_digest bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE invitation SET used_at = gate.now()
     WHERE digest = a_digest AND user_id = gate.user_id() AND used_at IS NULL
       AND expires_at > gate.now() AND gate.may_invite(user_id, made_by);
    RETURN FOUND;
END
$$;

-- The villages of the townships that the asker supervises.
CREATE OR REPLACE FUNCTION gate.my_township() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT v.id
      FROM gate.my_assignments() a
      JOIN area v ON v.level = 'village' AND v.code LIKE a.area_code || '%' AND v.ended_at IS NULL
     WHERE a.role = 'township_supervisor';
END
$$;

-- Those who serve a cell or a village's Office there now, and nothing higher anywhere: otherwise a
-- township could make an officer its mediator, and shut their devices out.
CREATE OR REPLACE FUNCTION gate.my_workers() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT DISTINCT a.user_id
      FROM gate.my_township() AS village (id)
      JOIN (assignment a
            LEFT JOIN office o    ON o.id = a.office_id
            LEFT JOIN grid_cell c ON c.id = a.cell_id)
        ON coalesce(o.area_id, c.village_id) = village.id
     WHERE a.role IN ('grid_worker', 'mediator')
       AND a.valid_from <= gate.now() AND (a.valid_to IS NULL OR a.valid_to > gate.now())
       AND NOT EXISTS (SELECT FROM assignment b
                        WHERE b.user_id = a.user_id AND b.role NOT IN ('grid_worker', 'mediator')
                          AND b.valid_from <= gate.now()
                          AND (b.valid_to IS NULL OR b.valid_to > gate.now()));
END
$$;

-- The command line and the worker.
CREATE OR REPLACE FUNCTION gate.countys_hand() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT current_setting('role') = 'wangge_worker' AND gate.user_id() IS NULL
$$;

-- May the asker see and revoke this user's devices? One's own, always.
CREATE OR REPLACE FUNCTION gate.keeps_devices_of(a_user uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN gate.countys_hand() OR gate.admitted()
       AND (a_user = gate.user_id() OR gate.holds_role('system_admin', 'security_admin')
            OR a_user IN (SELECT gate.my_workers()));
END
$$;

CREATE OR REPLACE FUNCTION gate.devices_of(a_user uuid)
RETURNS TABLE (id uuid, name text, enrolled_at timestamptz, seen_at timestamptz,
               revoked_at timestamptz, revoked_by uuid, revoked_why text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT d.id, d.name, d.enrolled_at,
           -- A browser never pulls: what it was last signed in or refreshed at tells as much.
           greatest(d.seen_at, (SELECT max(l.opened_at) FROM login l WHERE l.device_id = d.id)),
           d.revoked_at, d.revoked_by, d.revoked_why
      FROM device d
     WHERE d.user_id = a_user AND gate.keeps_devices_of(a_user)
     ORDER BY d.revoked_at NULLS FIRST, d.enrolled_at, d.id;
END
$$;

-- Revoke those of a user's devices (NULL: all) that are not; which they were.
CREATE OR REPLACE FUNCTION gate.revoke_devices(a_user uuid, ids uuid[], why text)
RETURNS TABLE (id uuid, name text, enrolled_at timestamptz, seen_at timestamptz,
               revoked_at timestamptz, revoked_by uuid, revoked_why text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT gate.keeps_devices_of(a_user) THEN
        RETURN;
    END IF;
    RETURN QUERY
    UPDATE device d
       SET revoked_at = gate.now(), revoked_by = gate.user_id(), revoked_why = why
     WHERE d.user_id = a_user AND d.revoked_at IS NULL AND (ids IS NULL OR d.id = ANY (ids))
    RETURNING d.id, d.name, d.enrolled_at,
              greatest(d.seen_at, (SELECT max(l.opened_at) FROM login l WHERE l.device_id = d.id)),
              d.revoked_at, d.revoked_by, d.revoked_why;
END
$$;

-- May the asker, as the permission table has it, give or take a role held on this place?
CREATE OR REPLACE FUNCTION gate.may_give(a_role text, an_office uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (a_role <> 'grid_worker' AND gate.holds_role('security_admin'))
        OR (a_role = 'mediator'
            AND EXISTS (SELECT FROM office o JOIN gate.my_township() AS village (id)
                                               ON village.id = o.area_id
                         WHERE o.id = an_office));
END
$$;

-- The owner of the database at a psql prompt can do anything anyway, and has to be able to mend.
CREATE OR REPLACE FUNCTION gate.mending() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT current_setting('role') = 'none'
       AND (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
$$;

-- One change of who administers at a time: two that each leave the other would leave nobody.
CREATE OR REPLACE FUNCTION gate.lock_administrators() RETURNS void
LANGUAGE sql VOLATILE AS $$ SELECT pg_advisory_xact_lock(511921, 20) $$;

CREATE OR REPLACE FUNCTION gate.keep_administrators_apart() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF gate.mending() THEN
        RETURN new;
    END IF;
    IF new.role LIKE '%\_admin' THEN
        PERFORM gate.lock_administrators();
    ELSE  -- side by side with each other, and not with those
        PERFORM pg_advisory_xact_lock_shared(511921, 20);
    END IF;
    IF EXISTS (SELECT FROM assignment a
                WHERE a.user_id = new.user_id AND a.id <> new.id AND a.role <> new.role
                  AND (a.role LIKE '%\_admin' OR new.role LIKE '%\_admin')
                  -- What was called off before it began lasted a microsecond (server/moves).
                  AND (a.valid_to IS NULL OR a.valid_to > a.valid_from + interval '1 microsecond')
                  AND tstzrange(a.valid_from, a.valid_to) && tstzrange(new.valid_from, new.valid_to))
    THEN
        RAISE EXCEPTION 'one person holds one of the three administrators'' roles, and none beside it'
              USING ERRCODE = 'WG001';
    END IF;
    RETURN new;
END
$$;

-- Whether somebody else who is active holds this administrator's role at this time.
CREATE OR REPLACE FUNCTION gate.another_holds(a_role text, than uuid, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM assignment a JOIN user_account u ON u.id = a.user_id AND u.active
                    WHERE a.role = a_role AND a.user_id <> than AND a.valid_from <= at
                      AND (a.valid_to IS NULL OR a.valid_to > at))
$$;

CREATE OR REPLACE FUNCTION gate.keep_last_administrator() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF gate.mending() THEN
        RETURN new;
    END IF;
    PERFORM gate.lock_administrators();
    -- What has not begun is nobody's yet.
    IF old.valid_from <= gate.now() AND NOT gate.another_holds(old.role, old.user_id, new.valid_to) THEN
        RAISE EXCEPTION 'the last % stays', old.role USING ERRCODE = 'WG002';
    END IF;
    RETURN new;
END
$$;

-- A name is kept by the system administrator; who may work at all is decided by the security
-- administrator, and by nobody about oneself.
CREATE OR REPLACE FUNCTION gate.guard_account() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF current_setting('role') = 'wangge_app' THEN
        IF new.name <> old.name AND NOT gate.holds_role('system_admin') THEN
            RAISE EXCEPTION 'names are kept by the system administrator' USING ERRCODE = '42501';
        END IF;
        IF new.active <> old.active
           AND (old.id = gate.user_id() OR NOT gate.holds_role('security_admin')) THEN
            RAISE EXCEPTION 'the security administrator decides, about others'
                  USING ERRCODE = '42501';
        END IF;
    END IF;
    IF old.active AND NOT new.active AND NOT gate.mending() THEN
        PERFORM gate.lock_administrators();
        IF EXISTS (SELECT FROM assignment a
                    WHERE a.user_id = old.id AND a.role LIKE '%\_admin'
                      AND a.valid_from <= gate.now()
                      AND (a.valid_to IS NULL OR a.valid_to > gate.now())
                      AND NOT gate.another_holds(a.role, old.id, gate.now())) THEN
            RAISE EXCEPTION 'the last administrator stays' USING ERRCODE = 'WG002';
        END IF;
    END IF;
    IF old.active AND NOT new.active THEN  -- a code that waits does not wait for being enabled again
        UPDATE invitation SET expires_at = gate.now()
         WHERE user_id = old.id AND used_at IS NULL AND expires_at > gate.now();
    END IF;
    RETURN new;
END
$$;

-- Two persons for one act. Who may ask and who may decide stands here once: the policies, the trigger
-- and the service (by gate.may_ask and gate.may_decide) read it. Owned by wangge_gate.

-- Whether this user, active, holds one of these roles now, on a place at which it counts.
CREATE OR REPLACE FUNCTION gate.user_holds(a_user uuid, VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM assignment a
          JOIN user_account u ON u.id = a.user_id AND u.active
          LEFT JOIN office o  ON o.id = a.office_id
          LEFT JOIN area      ON area.id = coalesce(a.area_id, o.area_id)
         WHERE a.user_id = a_user AND a.role = ANY (roles)
           AND a.valid_from <= gate.now() AND (a.valid_to IS NULL OR a.valid_to > gate.now())
           AND (a.role LIKE '%_admin' OR gate.counts(a.role, area.level, a.cell_id)));
END
$$;

-- Whether a user steps aside from a case, by name or as one of an Office that does.
CREATE OR REPLACE FUNCTION gate.user_is_aside(a_user uuid, a_dispute uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM recusal r
         WHERE r.dispute_id = a_dispute AND r.ended_at IS NULL
           AND (r.user_id = a_user
                OR r.office_id IN (SELECT a.office_id FROM assignment a
                                    WHERE a.user_id = a_user AND a.office_id IS NOT NULL
                                      AND a.valid_from <= gate.now()
                                      AND (a.valid_to IS NULL OR a.valid_to > gate.now()))));
END
$$;

-- Whether a user may ask for an act on a matter. NULL is the county's own hand, at the keyboard.
CREATE OR REPLACE FUNCTION gate.may_ask(a_user uuid, an_act text, a_what jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN a_user IS NULL OR coalesce(CASE an_act
        WHEN 'export.bulk'    THEN gate.user_holds(a_user, 'township_supervisor', 'county_office')
        WHEN 'case.delete'    THEN gate.user_holds(a_user, 'county_office')
                               AND NOT gate.user_is_aside(a_user, (a_what ->> 'dispute')::uuid)
        WHEN 'audit.settings' THEN gate.user_holds(a_user, 'audit_admin') END, false);
END
$$;

-- Whether a user may decide what `asker` asked for: somebody else, with a role for it, who has no part
-- in it. Two logins of one telephone or one household are one person here.
CREATE OR REPLACE FUNCTION gate.may_decide(a_user uuid, an_act text, a_what jsonb, asker uuid)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN a_user IS NOT NULL
       AND a_user IS DISTINCT FROM asker
       AND coalesce(CASE an_act
               WHEN 'export.bulk'    THEN gate.user_holds(a_user, 'county_office', 'security_admin')
               WHEN 'case.delete'    THEN gate.user_holds(a_user, 'county_office', 'security_admin')
                                      AND NOT gate.user_is_aside(a_user, (a_what ->> 'dispute')::uuid)
               WHEN 'audit.settings' THEN gate.user_holds(a_user, 'security_admin')
                                      AND NOT gate.user_holds(a_user, 'audit_admin') END, false)
       AND NOT EXISTS (SELECT FROM user_account one JOIN user_account other ON other.id = asker
                        WHERE one.id = a_user
                          AND (one.telephone_index = other.telephone_index
                               OR one.household_id = other.household_id));
END
$$;

-- The second wall of every change: each state is left in the ways that are named here and no other.
CREATE OR REPLACE FUNCTION gate.guard_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    decides boolean := new.decided_by = gate.user_id() AND new.decided_at = gate.now()
        AND gate.may_decide(gate.user_id(), old.act, old.what, old.asked_by)
        AND (new.decided_device IS NULL OR new.decided_device IS DISTINCT FROM old.asked_device);
    asked boolean := gate.user_id() IS NOT DISTINCT FROM old.asked_by;
    unused boolean := old.used_at IS NULL AND new.used_at IS NULL;
    open boolean := old.expires_at > gate.now();
    allowed boolean := false;
BEGIN
    IF old.verdict IS NULL AND new.verdict = 'approved' THEN
        allowed := decides AND unused AND open
               AND new.expires_at = gate.now() + interval '24 hours';
    ELSIF coalesce(old.verdict, 'approved') = 'approved' AND new.verdict = 'refused' THEN
        allowed := decides AND unused AND open AND new.expires_at = old.expires_at;
    ELSIF coalesce(old.verdict, 'approved') = 'approved' AND new.verdict = 'withdrawn' THEN
        allowed := asked AND unused AND new.expires_at = old.expires_at
               AND new.decided_by IS NOT DISTINCT FROM gate.user_id();
    ELSIF old.verdict = 'approved' AND new.verdict = 'approved' THEN
        allowed := asked AND open AND old.used_at IS NULL AND new.used_at = gate.now()
               AND (new.decided_by, new.decided_at, new.expires_at)
                   = (old.decided_by, old.decided_at, old.expires_at)
               AND gate.may_ask(old.asked_by, old.act, old.what)
               AND gate.may_decide(old.decided_by, old.act, old.what, old.asked_by);
    END IF;
    IF allowed IS NOT TRUE THEN
        RAISE EXCEPTION 'approval % cannot change so', old.id USING ERRCODE = '42501';
    END IF;
    RETURN new;
END
$$;

-- Count rows that the asker takes unmasked, and tell how many it were within a day, these included. Two
-- at once wait for each other. What is rolled back was not taken.
CREATE OR REPLACE FUNCTION gate.take_rows(how_many int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := gate.user_id();
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('export_taken ' || coalesce(me::text, ''), 0));
    DELETE FROM export_taken
     WHERE user_id IS NOT DISTINCT FROM me AND at <= gate.now() - interval '24 hours';
    INSERT INTO export_taken (id, user_id, at, rows)
    VALUES (gen_random_uuid(), me, gate.now(), greatest(how_many, 0));
    RETURN (SELECT sum(t.rows) FROM export_taken t WHERE t.user_id IS NOT DISTINCT FROM me);
END
$$;

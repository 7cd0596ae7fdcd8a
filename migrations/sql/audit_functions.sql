-- The audit is only ever added to. What these refuse, a superuser can still do who drops them first;
-- the chain of seals and its heads outside the house are there to show that.

-- Whichever way an act is written, it is queued for its seal in the same transaction.
CREATE OR REPLACE FUNCTION gate.queue_act() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO audit_unsealed VALUES (NEW.id);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.refuse_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only ever added to: no % of %', TG_OP, TG_TABLE_NAME;
END
$$;

-- An act, or its seal, goes only when a record of the cut covers it.
CREATE OR REPLACE FUNCTION gate.refuse_uncut() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    its_number bigint;
BEGIN
    IF TG_TABLE_NAME = 'audit_seal' THEN
        its_number := OLD.number;
    ELSE
        its_number := (SELECT s.number FROM audit_seal s WHERE s.act_id = OLD.id);
    END IF;
    IF its_number <= (SELECT max(c.to_number) FROM audit_cut c) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit is only ever added to: no % of %', TG_OP, TG_TABLE_NAME;
END
$$;

-- Remove the oldest links up to this one, and leave the signed record of it. `at` is when it was signed.
-- Never what the settings keep, by the worker's clock and by this server's: one that is set ahead alone
-- removes nothing.
CREATE OR REPLACE FUNCTION gate.cut_audit(a_from bigint, a_to bigint, a_hash bytea,
                                          a_newest timestamptz, a_key text, a_signature bytea)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept timestamptz := least(gate.now(), clock_timestamp())
                        - make_interval(months => (SELECT months FROM audit_setting));
    gone bigint;
BEGIN
    IF a_from <> coalesce((SELECT max(c.to_number) FROM audit_cut c), 0) + 1
       OR NOT EXISTS (SELECT FROM audit_seal s WHERE s.number = a_to AND s.hash = a_hash)
       OR EXISTS (SELECT FROM audit_seal s LEFT JOIN audit_act a ON a.id = s.act_id
                   WHERE s.number BETWEEN a_from AND a_to
                     AND greatest(s.sealed_at, a.at) > least(a_newest, kept)) THEN
        RAISE EXCEPTION 'no part of the audit that may be removed: % to %', a_from, a_to;
    END IF;
    INSERT INTO audit_cut (from_number, to_number, hash, newest_at, at, key, signature)
    VALUES (a_from, a_to, a_hash, a_newest, gate.now(), a_key, a_signature);
    DELETE FROM audit_act a USING audit_seal s
     WHERE s.number BETWEEN a_from AND a_to AND a.id = s.act_id;
    DELETE FROM audit_seal WHERE number BETWEEN a_from AND a_to;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;

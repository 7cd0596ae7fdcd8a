-- What finds recusals and settles hearers, whichever way something was written. Owned by wangge_gate.

-- One after the other with whatever is written of the case: an event that is added at this moment is
-- told to the shared buckets before the recusal takes them away, or to the hearers after it.
CREATE OR REPLACE FUNCTION gate.before_recusal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM dispute d WHERE d.id = NEW.dispute_id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION gate.on_recusal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM gate.settle_hearers(ARRAY(SELECT dispute_id FROM changed_rows));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.on_party() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT gate.may_concern(array_remove(array_agg(p.user_id), NULL),
                                array_remove(array_agg(p.office_id), NULL),
                                array_agg(p.household_id), array_agg(p.telephone_index))
          FROM changed_rows p) THEN
        PERFORM gate.find_recusals(ARRAY(SELECT DISTINCT dispute_id FROM changed_rows), NULL);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.on_known_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM gate.settle_hearers(ARRAY(
        SELECT c.dispute_id FROM changed_rows c
         WHERE EXISTS (SELECT FROM recusal r WHERE r.dispute_id = c.dispute_id AND r.ended_at IS NULL)));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.on_assignment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    users uuid[] := ARRAY(SELECT DISTINCT user_id FROM changed_rows);
BEGIN
    PERFORM gate.find_recusals(NULL, users); -- a new head may be a party
    PERFORM gate.settle_hearers(NULL, users);
    RETURN NULL;
END
$$;

-- Cells end or change their village, Offices their Area: whoever holds them holds other buckets.
CREATE OR REPLACE FUNCTION gate.on_ground() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM gate.settle_hearers(NULL);
    RETURN NULL;
END
$$;

-- Of a household come several users: what becomes known of one may be true of the others.
CREATE OR REPLACE FUNCTION gate.on_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    users uuid[] := ARRAY(SELECT u.id FROM user_account u
                           WHERE u.id = NEW.id OR u.household_id = NEW.household_id);
BEGIN
    PERFORM gate.find_recusals(NULL, users);
    PERFORM gate.settle_hearers(NULL, users);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gate.on_household_telephone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    users uuid[] := ARRAY(SELECT u.id FROM user_account u
                           WHERE u.household_id = NEW.id OR u.telephone_index = NEW.telephone_index);
BEGIN
    IF users <> '{}' THEN
        PERFORM gate.find_recusals(NULL, users);
    END IF;
    RETURN NULL;
END
$$;

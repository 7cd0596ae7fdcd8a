-- Limits: buckets of tries, counted where every worker and process sees them.

-- One try in each of these buckets, or in none. 0: come in; otherwise the seconds after which it is
-- worth trying again. `rates` are tries a minute, `bursts` what a bucket holds. They are locked in the
-- order they are named in, the wide before the narrow: where the wide one is empty no row is made, so
-- that nobody fills the table with names of their own. What a day has passed over is full by then and
-- forgotten, last, when nothing more is waited for.
CREATE OR REPLACE FUNCTION gate.knock(a_kinds text[], sources bytea[], rates double precision[],
                                      bursts double precision[]) RETURNS double precision
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    filled double precision[] := '{}';
    one double precision;
BEGIN
    FOR i IN 1 .. cardinality(a_kinds) LOOP
        INSERT INTO knock (kind, source, remaining, at)
        VALUES (a_kinds[i], sources[i], bursts[i], gate.now()) ON CONFLICT DO NOTHING;
        -- Touched in the future, by a clock that ran ahead: it would never be full again.
        SELECT CASE WHEN k.at > gate.now() + interval '1 day' THEN bursts[i]
               ELSE least(bursts[i], k.remaining
                     + greatest(0, extract(epoch FROM gate.now() - k.at)) * rates[i] / 60) END
          INTO one FROM knock k WHERE k.kind = a_kinds[i] AND k.source = sources[i] FOR UPDATE;
        one := coalesce(one, bursts[i]);  -- gone between the two: forgotten, hence full
        IF one < 1 THEN
            RETURN ceil((1 - one) * 60 / rates[i]);
        END IF;
        filled := filled || one;
    END LOOP;
    FOR i IN 1 .. cardinality(a_kinds) LOOP
        UPDATE knock k
           SET remaining = filled[i] - 1,
               at = CASE WHEN k.at > gate.now() + interval '1 day' THEN gate.now()
                         ELSE greatest(k.at, gate.now()) END
         WHERE k.kind = a_kinds[i] AND k.source = sources[i];
    END LOOP;
    PERFORM gate.forget_knocks(gate.now() - interval '1 day', 20);
    RETURN 0;
END
$$;

-- A try that was no guess is given back.
CREATE OR REPLACE FUNCTION gate.knock_back(a_kinds text[], sources bytea[],
                                           bursts double precision[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    FOR i IN 1 .. cardinality(a_kinds) LOOP
        UPDATE knock k SET remaining = least(bursts[i], k.remaining + 1)
         WHERE k.kind = a_kinds[i] AND k.source = sources[i];
    END LOOP;
END
$$;

-- What nobody touched since then, except what somebody touches just now; how many.
CREATE OR REPLACE FUNCTION gate.forget_knocks(before timestamptz, batch integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM knock WHERE (kind, source) IN (
        SELECT k.kind, k.source FROM knock k WHERE k.at < least(before, gate.now() - interval '1 day')
         ORDER BY k.at LIMIT batch FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;

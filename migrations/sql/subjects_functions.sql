-- When, in which role and how somebody read or changed one of these rows: for the person whom they are
-- about. Not by whose name; and for nobody but the county office and the county's own hand.
CREATE OR REPLACE FUNCTION gate.acts_about(ids uuid[])
RETURNS TABLE (at timestamptz, role text, action text, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked text[] := ids::text[];
BEGIN
    IF NOT (gate.sees_county() OR current_setting('role', true) = 'wangge_worker') THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.at,
           coalesce((SELECT string_agg(DISTINCT s.role, ', ') FROM assignment s
                      WHERE s.user_id = a.user_id AND s.valid_from <= a.at
                        AND (s.valid_to IS NULL OR s.valid_to > a.at)),
                    CASE WHEN a.user_id IS NULL THEN 'county' ELSE 'user' END),
           a.action, a.reason
      FROM audit_act a
     WHERE a.what -> 'ids' ?| asked OR a.what ->> 'id' = ANY (asked) OR a.what ->> 'of' = ANY (asked)
        OR a.what ->> 'dispute' = ANY (asked) OR a.what ->> 'party' = ANY (asked)
        OR a.what ->> 'household' = ANY (asked)
     ORDER BY a.at;
END
$$;

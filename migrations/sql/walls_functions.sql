-- What the county's reports may tell: sums of quarters that are over, by township, in full tens as
-- figures are told to whoever did not handle the cases (server/figures/rules/tens.py). What lies across
-- townships stands under the county's own code.
CREATE OR REPLACE FUNCTION gate.report()
RETURNS TABLE (area_code text, area_name text, quarter date, figure text, n bigint, of_n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH summed AS (
        SELECT a.code, a.name, date_trunc('quarter', f.month)::date AS quarter, w.figure,
               sum(w.n)::bigint AS n, sum(w.of_n)::bigint AS of_n
          FROM figure_month f
          JOIN area a ON a.id = f.area_id AND a.ended_at IS NULL
                     AND a.level = CASE WHEN f.below THEN 'township' ELSE 'county' END
         CROSS JOIN LATERAL (VALUES
               ('settled',   f.settled,        f.decided),
               ('accepted',  f.accept_on_time, f.accept_due),
               ('handled',   f.handle_on_time, f.handle_due),
               ('reopened',  f.reopened,       f.received),
               ('extended',  f.extended,       f.ended),
               ('escalated', f.escalated,      f.ended),
               ('climbed',   f.climbed,        f.ended)) w (figure, n, of_n)
         WHERE f.category = ''
           AND date_trunc('quarter', f.month) + interval '3 months'
               <= gate.now() AT TIME ZONE 'Asia/Shanghai'
         GROUP BY 1, 2, 3, 4
    )
    SELECT code, name, quarter, figure, n - n % 10, of_n - of_n % 10 FROM summed
$$;

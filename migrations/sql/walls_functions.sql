-- What the county's reports may tell: sums of quarters that are over, by township, and no small ones.
-- A number from 1 to 4, or one that leaves so few of what it is a share of, is withheld; and where it
-- would be the only one withheld, so is the next smallest, which it could otherwise be worked out from
-- with the county's total. One granularity and one way to divide the county, so that nothing is left to
-- subtract. What lies across townships stands under the county's own code.
CREATE OR REPLACE FUNCTION gate.report()
RETURNS TABLE (area_code text, area_name text, quarter date, figure text, n bigint, of_n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH summed AS (
        SELECT a.code, a.name, date_trunc('quarter', f.month)::date AS quarter, w.figure,
               sum(w.n) AS n, sum(w.of_n) AS of_n
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
    ), judged AS (
        SELECT *, n BETWEEN 1 AND 4 OR of_n - n BETWEEN 1 AND 4 AS small FROM summed
    ), ranked AS (
        SELECT *, count(*) FILTER (WHERE small) OVER same AS withheld,
               row_number() OVER (same ORDER BY small DESC, of_n = 0, of_n, code) AS nth
          FROM judged WINDOW same AS (PARTITION BY quarter, figure)
    )
    SELECT code, name, quarter, figure,
           CASE WHEN NOT hidden THEN n END, CASE WHEN NOT hidden THEN of_n END
      FROM ranked
     CROSS JOIN LATERAL (SELECT small OR withheld = 1 AND nth = 2 AS hidden) h
$$;

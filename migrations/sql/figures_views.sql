-- What each figure counts: one row a Holding (or a step of one), no person. As whoever asks, under row
-- security. The worker sums exactly these (figure_month); days are local, Asia/Shanghai.

CREATE VIEW figure_holding WITH (security_invoker = true) AS
SELECT h.id AS holding_id, h.dispute_id, d.area_id, h.office_id, h.level, d.category,
       h.received_at, h.accepted_at, h.accept_by, h.handle_by, h.overdue_at, h.ended_at,
       h.extended, h.begun_how, h.ended_how,
       CASE WHEN h.ended_at IS NULL THEN 'open'
            WHEN h.ended_how IN ('climb', 'escalate', 'go') THEN 'up'
            WHEN h.ended_how IN ('hand_down', 'return', 'transfer', 'pass_over',
                                 'uphold_objection') THEN 'elsewhere'
            ELSE 'rest' END AS went,
       (SELECT r.received_at FROM holding r
         WHERE r.dispute_id = h.dispute_id AND r.n <= h.n
           AND r.begun_how IN ('register', 'reopen', 'rate')
         ORDER BY r.n DESC LIMIT 1) AS came_at
  FROM holding h
  JOIN dispute d ON d.id = h.dispute_id
 WHERE h.ended_how IS NULL OR h.ended_how NOT IN ('withdrawn_climb', 'merge')
 UNION ALL
SELECT holding_id, dispute_id, area_id, office_id, level, category, received_at, accepted_at, accept_by,
       handle_by, overdue_at, ended_at, extended, begun_how, ended_how, went, came_at
  FROM figure_kept;
COMMENT ON VIEW figure_holding IS
'What all figures are counted from: Holdings, each with the Area in which its case lies. Left out: climbs that were withdrawn, since they never counted, and cases joined to another, which are counted there. went: rest, the case came to an end here; up, a level up; elsewhere, down or to another Office; open. came_at: when the case was registered, or reopened last before this. Of a case whose file was erased its Holdings stay counted, under ids that lead nowhere.';

CREATE VIEW figure_settled WITH (security_invoker = true) AS
SELECT holding_id, dispute_id, area_id, office_id, level, category,
       (ended_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
       ended_how = 'settle' AS settled
  FROM figure_holding WHERE went IN ('rest', 'up');
COMMENT ON VIEW figure_settled IS
'Share settled. Denominator: Holdings in which the case came to rest or went up, on the day of it. Numerator (settled): ended by an agreement. Left out: open ones; those handed down, returned, transferred, passed over or taken back on objection, which this Office did not decide; withdrawn climbs; joined cases. A case settled at two levels in turn, since it was reopened, counts at each.';

CREATE VIEW figure_on_time WITH (security_invoker = true) AS
SELECT h.holding_id, h.dispute_id, h.area_id, h.office_id, h.level, h.category, s.step,
       (s.at AT TIME ZONE 'Asia/Shanghai')::date AS day, coalesce(s.on_time, false) AS on_time
  FROM figure_holding h
 CROSS JOIN LATERAL (
       SELECT 'accept' AS step, coalesce(h.accepted_at, h.ended_at, h.overdue_at) AS at,
              coalesce(h.accepted_at, CASE WHEN h.ended_how <> 'climb' THEN h.ended_at END)
              <= h.accept_by AS on_time
        WHERE h.accepted_at IS NOT NULL OR h.went IN ('rest', 'up')
           OR h.went = 'open' AND h.overdue_at >= h.accept_by
       UNION ALL
       SELECT 'handle', coalesce(h.ended_at, h.overdue_at),
              h.ended_how <> 'climb' AND h.ended_at <= h.handle_by
        WHERE h.went IN ('rest', 'up') OR h.went = 'open' AND h.overdue_at >= h.handle_by) s;
COMMENT ON VIEW figure_on_time IS
'On time. accept: denominator, Holdings that were accepted, or came to rest or went up unaccepted, or stand overdue unaccepted; numerator, accepted (or ended otherwise than by the clock: what is settled on the spot was taken up) at or before accept_by. handle: denominator, Holdings that came to rest or went up, or stand overdue; numerator, ended otherwise than by the clock at or before handle_by, an extension included. Day: of acceptance or end; of the overdue mark for what is still open. Left out: what is open within its limits; what went elsewhere (its acceptance counts where there was one); withdrawn climbs; joined cases.';

CREATE VIEW figure_times WITH (security_invoker = true) AS
SELECT h.holding_id, h.dispute_id, h.area_id, h.office_id, h.level, h.category, s.step,
       (s.until AT TIME ZONE 'Asia/Shanghai')::date AS day,
       greatest((s.until AT TIME ZONE 'Asia/Shanghai')::date
                - (s.since AT TIME ZONE 'Asia/Shanghai')::date, 0) AS days
  FROM figure_holding h
 CROSS JOIN LATERAL (VALUES
       ('accept', h.received_at, h.accepted_at),
       ('handle', h.accepted_at, CASE WHEN h.went IN ('rest', 'up') THEN h.ended_at END),
       ('whole',  h.came_at,     CASE WHEN h.went = 'rest' THEN h.ended_at END)) s (step, since, until)
 WHERE s.since IS NOT NULL AND s.until IS NOT NULL;
COMMENT ON VIEW figure_times IS
'Time in each step, in days of the calendar: the same day is 0, the day after 1. accept: from receipt by the Office to acceptance. handle: from acceptance until the case came to rest or went up. whole: from registration (or the last reopening before) until the case came to rest, at the level where it did. Day: of the end of the step. Left out: steps that have not ended; steps that were skipped (settled on the spot: never accepted); what went elsewhere; withdrawn climbs; joined cases.';

CREATE VIEW figure_moves WITH (security_invoker = true) AS
SELECT h.holding_id, h.dispute_id, h.area_id, h.office_id, h.level, h.category, m.move,
       (m.at AT TIME ZONE 'Asia/Shanghai')::date AS day
  FROM figure_holding h
 CROSS JOIN LATERAL (VALUES
       ('received',    h.received_at, true),
       ('reopened',    h.received_at, h.begun_how IN ('reopen', 'rate')),
       ('ended',       h.ended_at,    true),
       ('extended',    h.ended_at,    h.extended),
       ('returned',    h.ended_at,    h.ended_how = 'return'),
       ('handed_down', h.ended_at,    h.ended_how = 'hand_down'),
       ('transferred', h.ended_at,    h.ended_how = 'transfer'),
       ('escalated',   h.ended_at,    h.ended_how IN ('escalate', 'go')),
       ('climbed',     h.ended_at,    h.ended_how = 'climb')) m (move, at, counts)
 WHERE m.at IS NOT NULL AND m.counts;
COMMENT ON VIEW figure_moves IS
'How cases moved. reopened is of received: Holdings begun by reopening a case (by a person, or by a party who was not satisfied), of all Holdings begun; one row for each time. extended, returned, handed_down, transferred, escalated (by a person or at a party''s wish) and climbed (by the clock) are of ended: of all Holdings that ended, whatever way. Day: of receipt; of the end. Left out: withdrawn climbs; joined cases.';

ALTER VIEW figure_holding OWNER TO wangge_owner;
ALTER VIEW figure_settled OWNER TO wangge_owner;
ALTER VIEW figure_on_time OWNER TO wangge_owner;
ALTER VIEW figure_times   OWNER TO wangge_owner;
ALTER VIEW figure_moves   OWNER TO wangge_owner;
GRANT SELECT ON figure_holding, figure_settled, figure_on_time, figure_times, figure_moves
   TO wangge_app, wangge_worker;

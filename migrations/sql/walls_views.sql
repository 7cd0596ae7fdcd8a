-- For the county's own reports and charts: read by wangge_reporting, which reads nothing else.
CREATE VIEW report_figures WITH (security_invoker = true) AS SELECT * FROM gate.report();
COMMENT ON VIEW report_figures IS
'Figures of quarters that are over, by township (and the county''s own code: cases across townships): n of of_n, both in full tens: 30 stands for 30 to 39, 0 for 0 to 9. settled of decided; accepted and handled on time of due; reopened of received; extended, escalated and climbed of ended. Each is defined with its view figure_*.';
ALTER VIEW report_figures OWNER TO wangge_owner;
GRANT SELECT ON report_figures TO wangge_reporting;

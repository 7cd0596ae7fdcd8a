-- Whatever way a Holding is written, the figures hear of it.
CREATE TRIGGER holding_figures_insert AFTER INSERT ON holding REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.figures_of_new_holdings();
CREATE TRIGGER holding_figures_update AFTER UPDATE ON holding
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.figures_of_holdings();
CREATE TRIGGER holding_figures_delete AFTER DELETE ON holding REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.figures_of_new_holdings();
CREATE TRIGGER dispute_figures_update AFTER UPDATE ON dispute
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_user <> 'wangge_sealer') EXECUTE FUNCTION gate.figures_of_disputes();
CREATE TRIGGER area_figures_update AFTER UPDATE ON area
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.figures_of_areas();

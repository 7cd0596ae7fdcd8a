-- No way to write an area or a cell goes round its label.
CREATE TRIGGER area_label_insert AFTER INSERT ON area REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.label_new_areas();
CREATE TRIGGER area_label_update AFTER UPDATE ON area
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.label_changed_areas();
CREATE TRIGGER cell_label_insert AFTER INSERT ON grid_cell REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.label_new_cells();
CREATE TRIGGER cell_label_update AFTER UPDATE ON grid_cell
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.label_changed_cells();

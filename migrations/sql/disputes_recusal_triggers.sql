-- Whatever may make somebody a party, or a hearer, finds it out in the same transaction.
CREATE TRIGGER recusal_locks BEFORE INSERT OR UPDATE ON recusal
    FOR EACH ROW EXECUTE FUNCTION gate.before_recusal();
CREATE TRIGGER recusal_hearers_insert AFTER INSERT ON recusal REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_recusal();
CREATE TRIGGER recusal_hearers_update AFTER UPDATE ON recusal REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_recusal();
CREATE TRIGGER recusal_hearers_delete AFTER DELETE ON recusal REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_recusal();

CREATE TRIGGER party_recusals_insert AFTER INSERT ON party REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_party();
CREATE TRIGGER party_recusals_update AFTER UPDATE ON party REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT WHEN (current_user <> 'wangge_sealer') EXECUTE FUNCTION gate.on_party();

CREATE TRIGGER dispute_place_hearers_insert AFTER INSERT ON dispute_place
    REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_known_place();
CREATE TRIGGER dispute_place_hearers_update AFTER UPDATE ON dispute_place
    REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_known_place();
CREATE TRIGGER dispute_place_hearers_delete AFTER DELETE ON dispute_place
    REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_known_place();

CREATE TRIGGER assignment_hearers_insert AFTER INSERT ON assignment
    REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_assignment();
CREATE TRIGGER assignment_hearers_update AFTER UPDATE ON assignment
    REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_assignment();
CREATE TRIGGER assignment_hearers_delete AFTER DELETE ON assignment
    REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_assignment();

CREATE TRIGGER grid_cell_hearers AFTER UPDATE OF village_id, ended_at ON grid_cell
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_ground();
CREATE TRIGGER office_hearers AFTER UPDATE OF area_id ON office
    FOR EACH STATEMENT EXECUTE FUNCTION gate.on_ground();

CREATE TRIGGER user_account_recusals_insert AFTER INSERT ON user_account
    FOR EACH ROW WHEN (new.household_id IS NOT NULL OR new.telephone_index IS NOT NULL)
    EXECUTE FUNCTION gate.on_user();
CREATE TRIGGER user_account_recusals_update
    AFTER UPDATE OF household_id, telephone_index, active ON user_account
    FOR EACH ROW WHEN ((old.household_id, old.telephone_index, old.active)
                       IS DISTINCT FROM (new.household_id, new.telephone_index, new.active))
    EXECUTE FUNCTION gate.on_user();
-- By row: a redraw changes many thousand households, and no number.
CREATE TRIGGER household_recusals AFTER UPDATE OF telephone_index ON household
    FOR EACH ROW WHEN (old.telephone_index IS DISTINCT FROM new.telephone_index)
    EXECUTE FUNCTION gate.on_household_telephone();

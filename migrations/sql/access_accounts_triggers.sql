-- Whoever writes: the county's own hand and a move as well.
CREATE TRIGGER administrators_apart BEFORE INSERT OR UPDATE OF role, valid_from ON assignment
    FOR EACH ROW EXECUTE FUNCTION gate.keep_administrators_apart();
CREATE TRIGGER administrators_stay_apart BEFORE UPDATE OF valid_to ON assignment
    FOR EACH ROW WHEN (old.valid_to IS NOT NULL
                       AND (new.valid_to IS NULL OR new.valid_to > old.valid_to))
    EXECUTE FUNCTION gate.keep_administrators_apart();
CREATE TRIGGER last_administrator BEFORE UPDATE OF valid_to ON assignment
    FOR EACH ROW WHEN (old.role LIKE '%\_admin' AND new.valid_to IS NOT NULL
                       AND (old.valid_to IS NULL OR new.valid_to < old.valid_to))
    EXECUTE FUNCTION gate.keep_last_administrator();
CREATE TRIGGER guarded BEFORE UPDATE OF name, active ON user_account
    FOR EACH ROW EXECUTE FUNCTION gate.guard_account();

-- What was revoked stays revoked, whoever updates the row.
CREATE TRIGGER device_stays_revoked BEFORE UPDATE OF revoked_at ON device
    FOR EACH ROW WHEN (old.revoked_at IS NOT NULL AND new.revoked_at IS NULL)
    EXECUTE FUNCTION gate.refuse_revival();
CREATE TRIGGER login_stays_revoked BEFORE UPDATE OF revoked_at ON login
    FOR EACH ROW WHEN (old.revoked_at IS NOT NULL AND new.revoked_at IS NULL)
    EXECUTE FUNCTION gate.refuse_revival();

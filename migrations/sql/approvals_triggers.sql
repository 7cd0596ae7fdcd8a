-- Whoever changes an approval, and however.
CREATE TRIGGER approval_guarded BEFORE UPDATE ON approval
    FOR EACH ROW EXECUTE FUNCTION gate.guard_approval();

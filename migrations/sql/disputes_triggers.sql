-- History is linked as it is written, and never changed.
CREATE TRIGGER dispute_event_link BEFORE INSERT ON dispute_event
    FOR EACH ROW EXECUTE FUNCTION gate.link_event();

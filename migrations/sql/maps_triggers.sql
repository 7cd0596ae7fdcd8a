-- Tables that maps show and no phone holds: the mark of the feed tells of them too.
DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['assignment', 'boundary', 'user_account'] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS changed_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_drawn()',
                       tab || '_maps_insert', tab);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_drawn()',
                       tab || '_maps_update', tab);
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS changed_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_drawn()',
                       tab || '_maps_delete', tab);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.refuse_truncate()',
                       tab || '_maps_truncate', tab);
    END LOOP;
END
$$;

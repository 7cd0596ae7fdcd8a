-- The stamp's alarm clock: fires at commit, or at SET CONSTRAINTS ... IMMEDIATE.
CREATE CONSTRAINT TRIGGER feed_pending_stamp AFTER INSERT ON feed_pending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION feed.stamp();

-- Every fed table has these four. A new one is added here and in the catalogue test's list.
DO $$
DECLARE
    fed record;
BEGIN
    FOR fed IN SELECT * FROM (VALUES ('area', 'area'), ('grid_cell', 'cell'),
                                     ('household', 'household'), ('visit', 'visit')) t (tab, entity)
    LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_insert(%L)',
                       fed.tab || '_feed_insert', fed.tab, fed.entity);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I
                        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_update(%L)',
                       fed.tab || '_feed_update', fed.tab, fed.entity);
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_delete(%L)',
                       fed.tab || '_feed_delete', fed.tab, fed.entity);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.refuse_truncate()',
                       fed.tab || '_feed_truncate', fed.tab);
    END LOOP;
END
$$;

-- The stamp's alarm clock: fires at commit, or at SET CONSTRAINTS ... IMMEDIATE.
CREATE CONSTRAINT TRIGGER feed_pending_stamp AFTER INSERT ON feed_pending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION feed.stamp();

-- Every fed table has these four. A new one is added here and in the catalogue test's list. Whoever
-- seals anew changes no content, and can change none (sealed_policies.sql): no phone hears of it.
DO $$
DECLARE
    fed record;
BEGIN
    FOR fed IN SELECT * FROM (VALUES ('area', 'area'), ('grid_cell', 'cell'),
                                     ('household', 'household'), ('visit', 'visit'),
                                     ('service_need', 'service_need')) t (tab, entity)
    LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.on_insert(%L)',
                       fed.tab || '_feed_insert', fed.tab, fed.entity);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I
                        REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                        FOR EACH STATEMENT WHEN (current_user <> ''wangge_sealer'')
                        EXECUTE FUNCTION feed.on_update(%L)',
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

-- Disputes have several buckets each, so their tables have functions of their own.
CREATE TRIGGER dispute_feed_insert AFTER INSERT ON dispute REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_dispute();
CREATE TRIGGER dispute_feed_update AFTER UPDATE ON dispute REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_user <> 'wangge_sealer') EXECUTE FUNCTION feed.on_dispute();
CREATE TRIGGER dispute_feed_delete AFTER DELETE ON dispute REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_dispute_delete();

CREATE TRIGGER holding_feed_insert AFTER INSERT ON holding REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_holding();
CREATE TRIGGER holding_feed_update AFTER UPDATE ON holding
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_holding_update();
CREATE TRIGGER holding_feed_delete AFTER DELETE ON holding REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_holding();

CREATE TRIGGER dispute_place_feed_insert AFTER INSERT ON dispute_place
    REFERENCING NEW TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_dispute_place();
CREATE TRIGGER dispute_place_feed_update AFTER UPDATE ON dispute_place
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_dispute_place_update();
CREATE TRIGGER dispute_place_feed_delete AFTER DELETE ON dispute_place
    REFERENCING OLD TABLE AS changed_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_dispute_place();

-- A recusal takes a case out of the shared buckets; its hearers have it in their own.
DO $$
DECLARE
    fed record;
BEGIN
    FOR fed IN SELECT * FROM (VALUES ('recusal', 'on_recusal'), ('dispute_hearer', 'on_hearer'))
                 t (tab, does) LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS changed_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.%I()',
                       fed.tab || '_feed_insert', fed.tab, fed.does);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.%I()',
                       fed.tab || '_feed_update', fed.tab, fed.does);
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS changed_rows
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.%I()',
                       fed.tab || '_feed_delete', fed.tab, fed.does);
    END LOOP;
END
$$;

-- An event is only ever added; of what it says in words a text may be erased, and an erased case goes
-- with all of them.
CREATE TRIGGER dispute_event_feed_insert AFTER INSERT ON dispute_event
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION feed.on_dispute_event();
CREATE TRIGGER dispute_event_feed_update AFTER UPDATE ON dispute_event
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT WHEN (current_user <> 'wangge_sealer')
    EXECUTE FUNCTION feed.on_event_update();
CREATE TRIGGER dispute_event_feed_delete BEFORE DELETE ON dispute_event
    FOR EACH ROW EXECUTE FUNCTION feed.on_event_delete();

DO $$
DECLARE
    tab text;
BEGIN
    FOREACH tab IN ARRAY ARRAY['dispute', 'holding', 'dispute_place', 'dispute_event',
                               'recusal', 'dispute_hearer'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION feed.refuse_truncate()',
                       tab || '_feed_truncate', tab);
    END LOOP;
END
$$;

-- Changing keys (wangge keys rotate): whoever seals anew is wangge_sealer, which nobody logs in as and
-- only the county's own hand becomes. It sees and writes sealed columns alone, never what makes a row
-- the row it is; so a rotation can change no content by way of SQL but ciphertext, and the triggers
-- that tell phones and figures of a change may let it pass (WHEN (current_user <> 'wangge_sealer')).
-- A new sealed column is added here; a test compares this with the models.
DO $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT * FROM (VALUES
        ('second_factor',       'user_id',        'secret'),
        ('household',           'id',             'head_name, telephone'),
        ('consent',             'id',             'giver'),
        ('household_link',      'id',             'note'),
        ('likely_duplicate',    'id',             'why'),
        ('visit',               'id',             'note'),
        ('dispute',             'id',             'story, spot'),
        ('party',               'id',             'name, telephone'),
        ('claim',               'id',             'content'),
        ('term',                'id',             'content'),
        ('dispute_event',       'id',             'why, agreement'),
        ('rating',              'id',             'comment'),
        ('erasure_mention',     'id',             'wording'),
        ('notice_subscription', 'id',             'address, secrets'),
        ('sync_conflict',       'id',             '"values"'),
        ('sync_quarantine',     'device_id, mid', 'change, why')) t (tab, key, cols)
    LOOP
        EXECUTE format('GRANT SELECT (%s, %s), UPDATE (%s) ON %I TO wangge_sealer',
                       s.key, s.cols, s.cols, s.tab);
        EXECUTE format('CREATE POLICY sealer ON %I TO wangge_sealer USING (true) WITH CHECK (true)',
                       s.tab);
    END LOOP;
END
$$;

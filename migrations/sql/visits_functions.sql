-- Whom and what new visits name is there: one look for all rows of a statement, where foreign keys
-- would look once for every row and name (a sixth of what PostgreSQL does for a push). Users, devices
-- and cells are never deleted, they end; nobody but the superuser could.
CREATE OR REPLACE FUNCTION gate.check_visits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT done_by, recorded_by, device_id, cell_id FROM new_rows) v
                WHERE NOT EXISTS (SELECT FROM user_account u WHERE u.id = v.done_by)
                   OR NOT EXISTS (SELECT FROM user_account u WHERE u.id = v.recorded_by)
                   OR v.device_id IS NOT NULL
                      AND NOT EXISTS (SELECT FROM device d WHERE d.id = v.device_id)
                   OR v.cell_id IS NOT NULL
                      AND NOT EXISTS (SELECT FROM grid_cell c WHERE c.id = v.cell_id)) THEN
        RAISE foreign_key_violation
              USING MESSAGE = 'a visit names a user, a device or a cell that is not there';
    END IF;
    RETURN NULL;
END
$$;

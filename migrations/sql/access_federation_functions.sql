-- Signing in at the county's identity provider.

-- Which active user somebody at a provider was linked with: asked before anybody is known here.
CREATE OR REPLACE FUNCTION gate.linked_user(an_issuer text, a_subject text)
RETURNS TABLE (user_id uuid, login text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.login
      FROM external_login e JOIN user_account u ON u.id = e.user_id
     WHERE e.issuer = an_issuer AND e.subject = a_subject AND u.active
$$;

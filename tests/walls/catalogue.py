"""What PostgreSQL's own catalogue must not hold: one rule each, a query for what breaks it.

A rule looks at every schema but PostgreSQL's own, so that a table in a place that nobody thought of
is found too. Asked as a superuser; each query gives the names of what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

# Roles that somebody works under, or that a program connects as.
SERVED = (
    *("wangge_app", "wangge_push", "wangge_mover", "wangge_resident", "wangge_worker"),
    *("wangge_backup", "wangge_reporting", "wangge_sealer"),
)
OWNERS = ("wangge_owner", "wangge_gate", "wangge_feed")
ROLES = (*SERVED, *OWNERS)

# The reference systems are PostGIS's; the revision is Alembic's: no county data in either.
NOT_OURS = ("spatial_ref_sys", "alembic_version")
POSTGIS_VIEWS = ("geography_columns", "geometry_columns")

# Functions of ours outside gate and feed: arithmetic, which reads nothing. Tables lean on them.
PURE = ("quadkey_of",)

# Who may read or write all rows of a table, and why. Whatever else says `true` is a hole.
EVERY_ROW: Mapping[tuple[str, str], str] = {
    ("wangge_worker", "*"): "the county's own hand: jobs and the command line, on the server",
    ("wangge_sealer", "*"): "the worker while it changes keys: ids and sealed columns alone",
    ("wangge_feed", "*"): "owns the stamp and its triggers; nobody can log in as it",
    ("wangge_gate", "*"): "owns the functions that answer who may; which tables: grants.txt",
}

# Who may pass over row security. It only reads.
BYPASS: Mapping[str, str] = {
    "wangge_backup": "a backup of some rows is none; SELECT alone, and no login till one is given"
}

_SYSTEM = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
_NO_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend x WHERE x.deptype = 'e' AND x.objid = {oid})"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold, and the query that finds what breaks it."""

    says: str
    query: str


RULES: Mapping[str, Rule] = {
    "bare_table": Rule(
        "every table has row security, and forced: its owner is held too",
        f"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {_SYSTEM} AND c.relkind IN ('r', 'p') AND c.relname <> ALL (:not_ours)
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """,
    ),
    "foreign_table": Rule(
        "no foreign table and no materialised view: neither knows row security",
        f"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {_SYSTEM} AND c.relkind IN ('f', 'm')
        """,
    ),
    "owner": Rule(
        "what holds county data belongs to wangge_owner, whom nobody can log in as",
        f"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {_SYSTEM} AND c.relkind IN ('r', 'p', 'v', 'S') AND c.relname <> ALL (:not_ours)
           AND c.relname <> ALL (:postgis_views) AND c.relowner <> 'wangge_owner'::regrole
        """,
    ),
    "view": Rule(
        "a view shows what its reader may see, not what its owner may",
        f"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {_SYSTEM} AND c.relkind = 'v' AND c.relname <> ALL (:postgis_views)
           AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false)
        """,
    ),
    "rewriting": Rule(
        "no rewriting rule beside those that make views: it would run as the table's owner",
        f"""
        SELECT r.rulename || ' on ' || c.oid::regclass FROM pg_rewrite r
          JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {_SYSTEM} AND r.rulename <> '_RETURN'
           AND {_NO_EXTENSION.format(oid="c.oid")}
        """,
    ),
    "function": Rule(
        "functions stand in gate or feed and belong to the role of that name",
        f"""
        SELECT p.oid::regprocedure::text
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE {_SYSTEM} AND {_NO_EXTENSION.format(oid="p.oid")}
           AND NOT (p.proname = ANY (:pure) AND p.provolatile = 'i' AND NOT p.prosecdef)
           AND (n.nspname NOT IN ('gate', 'feed')
                OR p.proowner::regrole::text <> 'wangge_' || n.nspname)
        """,
    ),
    "definer": Rule(
        "what runs with its owner's rights has a search_path of its own, pg_temp last",
        f"""
        SELECT p.oid::regprocedure::text
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE {_SYSTEM} AND p.prosecdef AND {_NO_EXTENSION.format(oid="p.oid")}
           AND NOT EXISTS (SELECT FROM unnest(p.proconfig) one
                            WHERE one ~ '^search_path=pg_catalog.*, *pg_temp$')
        """,
    ),
    "leakproof": Rule(
        "no function of ours claims to be leakproof: it would be asked before row security",
        f"""
        SELECT p.oid::regprocedure::text
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE {_SYSTEM} AND p.proleakproof AND {_NO_EXTENSION.format(oid="p.oid")}
        """,
    ),
    "setting": Rule(
        "a setting is read through nullif: after a pooled transaction it is '', not NULL",
        f"""
        SELECT p.oid::regprocedure::text
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE {_SYSTEM} AND {_NO_EXTENSION.format(oid="p.oid")}
           AND regexp_replace(p.prosrc, 'nullif\\(\\s*current_setting\\(', '', 'gi')
               ~* 'current_setting\\(\\s*''app'
        UNION ALL
        SELECT policyname || ' on ' || tablename FROM pg_policies
         WHERE concat(qual, with_check) ~* 'current_setting\\('
        UNION ALL
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE {_SYSTEM} AND c.relkind = 'v' AND {_NO_EXTENSION.format(oid="c.oid")}
           AND pg_get_viewdef(c.oid) ~* 'current_setting\\('
        """,
    ),
    "public": Rule(
        "PUBLIC is granted nothing of ours: no table, column, sequence, function, schema",
        f"""
        SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             , aclexplode(c.relacl) acl
         WHERE {_SYSTEM} AND acl.grantee = 0 AND {_NO_EXTENSION.format(oid="c.oid")}
        UNION ALL
        SELECT a.attrelid::regclass || '.' || a.attname FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             , aclexplode(a.attacl) acl
         WHERE {_SYSTEM} AND acl.grantee = 0
        UNION ALL
        SELECT p.oid::regprocedure::text
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             , aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
         WHERE {_SYSTEM} AND acl.grantee = 0 AND {_NO_EXTENSION.format(oid="p.oid")}
           AND p.proname <> ALL (:pure)
        UNION ALL
        SELECT n.nspname FROM pg_namespace n
             , aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
         WHERE {_SYSTEM} AND acl.grantee = 0
           AND NOT (n.nspname = 'public' AND acl.privilege_type = 'USAGE')
        """,
    ),
    "public_policy": Rule(
        "a policy names its roles; one for PUBLIC opens the table to whoever is granted it next",
        "SELECT policyname || ' on ' || tablename FROM pg_policies WHERE 'public' = ANY (roles)",
    ),
    "every_row": Rule(
        "USING (true) is for the few that EVERY_ROW names, each with its reason",
        """
        SELECT role || ': ' || policyname || ' on ' || tablename
          FROM pg_policies, unnest(roles) role
         WHERE permissive = 'PERMISSIVE' AND 'true' IN (qual, with_check)
           AND NOT EXISTS (SELECT FROM unnest(CAST(:may AS text[]), CAST(:which AS text[])) m (r, t)
                            WHERE m.r = role AND m.t IN ('*', tablename))
        """,
    ),
    "default_privilege": Rule(
        "no default privilege gives away what is not made yet",
        "SELECT defaclobjtype::text || ' of ' || defaclrole::regrole FROM pg_default_acl",
    ),
    "role": Rule(
        "no role of ours is a superuser, makes roles or databases, replicates, or passes over row "
        "security but the one that BYPASS names",
        """
        SELECT rolname FROM pg_roles
         WHERE rolname = ANY (:roles)
           AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
                OR rolbypassrls AND rolname <> ALL (:bypass))
        """,
    ),
    "login": Rule(
        "nobody logs in as an owner, nor as what the web becomes only for a while",
        """
        SELECT rolname FROM pg_roles
         WHERE rolcanlogin AND rolname LIKE 'wangge%'
           AND rolname NOT IN ('wangge_app', 'wangge_worker', 'wangge_backup', 'wangge_reporting')
        """,
    ),
    "member": Rule(
        "the web becomes push, mover and resident, the worker who seals; nobody else anybody",
        """
        SELECT m.member::regrole || ' becomes ' || m.roleid::regrole FROM pg_auth_members m
         WHERE (m.member::regrole::text LIKE 'wangge%' OR m.roleid::regrole::text LIKE 'wangge%')
           AND NOT (m.member::regrole::text = 'wangge_app' AND NOT m.admin_option
                    AND m.roleid::regrole::text
                        IN ('wangge_push', 'wangge_mover', 'wangge_resident'))
           AND NOT (m.member::regrole::text = 'wangge_worker' AND NOT m.admin_option
                    AND m.roleid::regrole::text = 'wangge_sealer')
        """,
    ),
    "grant_option": Rule(
        "nobody passes on what was granted",
        f"""
        SELECT c.oid::regclass || ' to ' || acl.grantee::regrole
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) acl
         WHERE {_SYSTEM} AND acl.is_grantable AND acl.grantee <> c.relowner
        """,
    ),
    "create": Rule(
        "only the owner makes anything in a schema",
        f"""
        SELECT acl.grantee::regrole || ' in ' || n.nspname
          FROM pg_namespace n, aclexplode(n.nspacl) acl
         WHERE {_SYSTEM} AND acl.privilege_type = 'CREATE' AND acl.grantee <> n.nspowner
           AND acl.grantee <> 'wangge_owner'::regrole
           AND n.nspname IN ('public', 'gate', 'feed')
        """,
    ),
    "delete": Rule(
        "nobody empties a table; nobody but the worker, the stamp and the gate deletes a row",
        f"""
        SELECT c.oid::regclass || ': ' || acl.grantee::regrole || ' ' || acl.privilege_type
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) acl
         WHERE {_SYSTEM} AND acl.grantee <> c.relowner
           AND (acl.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
                OR acl.privilege_type = 'DELETE'
                   AND acl.grantee::regrole::text
                       NOT IN ('wangge_worker', 'wangge_feed', 'wangge_gate'))
           AND {_NO_EXTENSION.format(oid="c.oid")}
        """,
    ),
    "reads_only": Rule(
        "who backs up and who reports writes nothing",
        f"""
        SELECT c.oid::regclass || ': ' || acl.grantee::regrole || ' ' || acl.privilege_type
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) acl
         WHERE {_SYSTEM} AND acl.privilege_type <> 'SELECT'
           AND acl.grantee::regrole::text IN ('wangge_backup', 'wangge_reporting')
        """,
    ),
    "extension": Rule(
        "PostGIS is not asked about rows past row security: what reads a table's statistics",
        """
        SELECT p.oid::regprocedure || ' for ' || role FROM pg_proc p, unnest(:served) role
         WHERE (p.proname IN ('_postgis_stats', '_postgis_selectivity', '_postgis_join_selectivity',
                              '_postgis_index_extent', 'st_estimatedextent', 'st_findextent',
                              'postgis_extensions_upgrade')
                OR p.prosecdef AND EXISTS (SELECT FROM pg_depend x
                                            WHERE x.deptype = 'e' AND x.objid = p.oid))
           AND has_function_privilege(role, p.oid, 'EXECUTE')
        """,
    ),
    "extra": Rule(
        "no extension beside PostGIS: each brings functions that somebody has to read",
        "SELECT extname::text FROM pg_extension WHERE extname NOT IN ('plpgsql', 'postgis')",
    ),
    "event_trigger": Rule(
        "no event trigger, publication, subscription or foreign server",
        """
        SELECT evtname::text FROM pg_event_trigger
        UNION ALL SELECT pubname::text FROM pg_publication
        UNION ALL SELECT subname::text FROM pg_subscription
        UNION ALL SELECT srvname::text FROM pg_foreign_server
        """,
    ),
    "fed": Rule(
        "a fed table has all four of its triggers, and they are on",
        """
        SELECT tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE NOT tgisinternal AND p.pronamespace = 'feed'::regnamespace AND p.proname <> 'stamp'
         GROUP BY 1 HAVING count(*) <> 4
        UNION ALL
        SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger t
          JOIN pg_class c ON c.oid = t.tgrelid
         WHERE c.relowner = 'wangge_owner'::regrole AND tgenabled <> 'O'
        """,
    ),
}


def broken(connection: Connection, only: str | None = None) -> dict[str, list[str]]:
    """Rule → what breaks it; of the rules that are kept nothing. Asked as a superuser."""
    names = {
        "not_ours": list(NOT_OURS),
        "postgis_views": list(POSTGIS_VIEWS),
        "pure": list(PURE),
        "roles": list(ROLES),
        "served": list(SERVED),
        "bypass": list(BYPASS),
        "may": [role for role, _ in EVERY_ROW],
        "which": [table for _, table in EVERY_ROW],
    }
    found = {}
    for name in [only] if only else RULES:
        statement = text(RULES[name].query)
        wanted = {key: names[key] for key in statement.compile().params}
        if rows := connection.execute(statement, wanted).scalars().all():
            found[name] = sorted(map(str, rows))
    return found

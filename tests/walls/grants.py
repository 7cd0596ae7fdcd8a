"""Who may do what on which table, as one text that a person reviews: `tests/walls/grants.txt`.

Made anew with `python -m tests.walls.grants > tests/walls/grants.txt`; the difference is what is
reviewed. It is made from a database of its own, which goes again.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from migrations.upgrade import upgrade
from server.cluster import temporary_cluster

SNAPSHOT = Path(__file__).with_name("grants.txt")
_TABLES = text("""
    SELECT c.relname AS name, acl.grantee::regrole::text AS who, acl.privilege_type AS what,
           NULL AS col, 0 AS nth
      FROM pg_class c, aclexplode(c.relacl) acl
     WHERE c.relowner = 'wangge_owner'::regrole AND acl.grantee <> c.relowner
    UNION ALL
    SELECT c.relname, acl.grantee::regrole::text, acl.privilege_type, a.attname, a.attnum
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) acl
     WHERE c.relowner = 'wangge_owner'::regrole
     ORDER BY 1, 2, 3, 5
""")
_FUNCTIONS = text("""
    SELECT p.oid::regprocedure::text AS name, p.prosecdef AS definer,
           array_agg(acl.grantee::regrole::text ORDER BY acl.grantee::regrole::text)
               FILTER (WHERE acl.grantee <> p.proowner) AS who
      FROM pg_proc p, aclexplode(p.proacl) acl
     WHERE p.pronamespace IN ('gate'::regnamespace, 'feed'::regnamespace)
     GROUP BY p.oid ORDER BY 1
""")
_ROLES = text("""
    SELECT rolname AS name, rolcanlogin, rolbypassrls,
           ARRAY(SELECT roleid::regrole::text FROM pg_auth_members m
                  WHERE m.member = r.oid ORDER BY 1) AS becomes
      FROM pg_roles r WHERE rolname LIKE 'wangge%' ORDER BY 1
""")


def told(connection: Connection) -> str:
    """The text: roles, tables by name with each role's rights, functions with who may call them."""
    parts = [_roles(connection), *_tables(connection), _functions(connection)]
    return "\n".join(parts)


def _roles(connection: Connection) -> str:
    lines = ["roles"]
    for role in connection.execute(_ROLES):
        traits = [
            "login" if role.rolcanlogin else "no login",
            *(["passes over row security"] if role.rolbypassrls else []),
            *(f"becomes {other}" for other in role.becomes),
        ]
        lines.append(f"  {_short(role.name):<10} {', '.join(traits)}")
    return "\n".join(lines) + "\n"


def _tables(connection: Connection) -> list[str]:
    blocks = []
    for table, rows in groupby(connection.execute(_TABLES), key=lambda row: row.name):
        lines = [table]
        for who, mine in groupby(rows, key=lambda row: row.who):
            rights = []
            for what, columns in groupby(mine, key=lambda row: row.what):
                names = [row.col for row in columns]
                only = "" if None in names else f" ({', '.join(names)})"
                rights.append(what + only)
            lines.append(f"  {_short(who):<10} {', '.join(rights)}")
        blocks.append("\n".join(lines) + "\n")
    return blocks


def _functions(connection: Connection) -> str:
    lines = ["functions (* with its owner's rights)"]
    for one in connection.execute(_FUNCTIONS):
        mark = "*" if one.definer else " "
        lines.append(f" {mark} {one.name}: {', '.join(map(_short, one.who or ['nobody']))}")
    return "\n".join(lines) + "\n"


def _short(role: str) -> str:
    return role.removeprefix("wangge_")


def _fresh() -> str:
    with temporary_cluster(in_memory=True) as cluster:
        url = cluster.admin_url("postgres")
        upgrade(url)
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                return told(connection)
        finally:
            engine.dispose()


if __name__ == "__main__":
    sys.stdout.write(_fresh())

"""What the private cluster is told: settings, who may come in, and as whom."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROLES: Final = ("postgres", "wangge_owner", "wangge_app", "wangge_worker")
"""Database roles that the operating system's user may take on; the first is the superuser."""

PORT: Final = 15432
"""Only part of the socket's file name; nothing listens on TCP."""

SETTINGS: Final = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '"{socket}"'
unix_socket_permissions = 0700
timezone = 'UTC'
max_connections = 200
max_prepared_transactions = 0      # a forgotten one would hold the feed's lock for ever
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
max_wal_size = 1GB
jit = off                          # our statements are short; compiling them costs more
log_line_prefix = '%m [%p] %q%u@%d '
log_min_error_statement = panic    # statements carry names and telephone numbers
log_error_verbosity = terse        # and so do the DETAIL lines
log_parameter_max_length = 0
"""

RISKY_BUT_FAST: Final = """\
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def configuration(socket: Path, *, temporary: bool) -> str:
    """Text of wangge.conf, which postgresql.conf includes last."""
    return SETTINGS.format(port=PORT, socket=socket) + (RISKY_BUT_FAST if temporary else "")


def host_access() -> str:
    """Text of pg_hba.conf: the kernel vouches for who knocks; no other door exists."""
    return "local all all peer map=wangge\n"


def identities(users: Iterable[str]) -> str:
    """Text of pg_ident.conf: each of the operating system's `users` may be any of ROLES."""
    lines = (f'wangge "{user}" {role}\n' for user in sorted(set(users)) for role in ROLES)
    return "".join(lines)

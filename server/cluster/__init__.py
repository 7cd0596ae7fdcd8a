"""A private PostgreSQL cluster, made, started and stopped by Wangge and used by nothing else.

It listens on a unix socket only, in a directory that nobody else may enter, and knows people by
the name the kernel gives them (`peer`): there is no password to lose and no port to scan. The
machine's own cluster is never read, started or stopped.

Standard library only: `python3 -m server.cluster remove DIR` works without an environment.
"""

from server.cluster.errors import ClusterError
from server.cluster.private import Cluster, temporary_cluster
from server.cluster.settings import PORT, ROLES

__all__ = ["PORT", "ROLES", "Cluster", "ClusterError", "temporary_cluster"]

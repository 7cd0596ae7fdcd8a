"""What can go wrong with the private cluster."""

from server.errors import WanggeError


class ClusterError(WanggeError):
    """The cluster cannot be made, started or stopped; the text is one line and says what to do."""

    slug = "cluster"
    text = "数据库无法启动。 The private database cannot be started."

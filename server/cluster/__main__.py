"""`python3 -m server.cluster remove DIR`: what `make clean` needs when no `.venv` is left."""

import sys
from pathlib import Path

from server.cluster import Cluster, ClusterError

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["remove", directory]:
            try:
                Cluster(Path(directory)).remove()
            except ClusterError as error:
                sys.exit(str(error))
        case _:
            sys.exit("usage: python3 -m server.cluster remove DIR")

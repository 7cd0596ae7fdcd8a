"""Clusters of houses: chains in which each house is near the next one."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.bisect import joined

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def clustered(metres: FloatArray, near_m: float) -> IntArray:
    """The number of each house's cluster, that of its first house; rows of `metres` are x, y.

    Two houses at most `near_m` apart are of one cluster. Squares are paired and not houses, of
    which a tower has thousands at one point: in a square with the diagonal `near_m` all are near.
    """
    if not len(metres):
        return np.empty(0, dtype=np.int64)
    side = max(near_m / np.sqrt(2), _SAME_M)
    square = np.unique(np.floor(metres / side), axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(square, kind="stable")
    points = np.asarray(shapely.points(metres[order]))
    heaps = np.asarray(shapely.multipoints(points, indices=square[order]))
    pairs = shapely.STRtree(heaps).query(heaps, predicate="dwithin", distance=near_m)
    of_square = joined(len(heaps), pairs.T.ravel(), np.repeat(np.arange(pairs.shape[1]), 2))
    return joined(len(metres), np.arange(len(metres)), of_square[square])


_SAME_M = 1e-3  # nearer than that is one point

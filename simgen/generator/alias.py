"""Choosing one of many cells by one uniform, without a search (Walker 1977)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["alias_table"]


def alias_table(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Share the interval (0, 1) among cells: equal parts, each of one cell and at most one other.

    Parameters
    ----------
    probabilities : array_like, shape (n,)
        ≥ 0, some of them above 0; of any normalisation.

    Returns
    -------
    ndarray, shape (n, 2)
        Of part i the share that belongs to cell i, and the cell that the rest belongs to.

    Notes
    -----
    In the order of Vose, IEEE Transactions on Software Engineering 17 (1991) 972.

    Examples
    --------
    >>> alias_table([1.0, 3.0]).tolist()
    [[0.5, 1.0], [1.0, 1.0]]
    """
    p = np.asarray(probabilities, np.float64)
    shares = p * (len(p) / np.sum(p))
    table = np.column_stack([np.ones_like(shares), np.arange(len(shares), dtype=np.float64)])
    left = shares.tolist()
    small = [i for i, share in enumerate(left) if share < 1]
    large = [i for i, share in enumerate(left) if share >= 1]
    while small and large:
        i, j = small.pop(), large.pop()
        table[i] = left[i], j
        left[j] -= 1 - left[i]
        (small if left[j] < 1 else large).append(j)
    impossible = [i for i in small if not p[i] > 0]  # what rounding left over
    table[impossible] = 0.0, int(np.argmax(p))
    return table

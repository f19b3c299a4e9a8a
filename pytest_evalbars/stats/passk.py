"""What k trials of one case do together, estimated without bias from n >= k trials of it.

Plugging the share of passes in for the rate is biased: of true pass^3 of .512, five trials make .585 on average.
Counting the subsets of k trials is not.

Sources: Chen et al. 2021 (pass@k), Yao et al. 2024 (pass^k).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pytest_evalbars.stats.effective import counts


def pass_hat_k(passes: ArrayLike, trials: ArrayLike, k: int) -> NDArray[np.float64]:
    """The chance that k trials of a case all pass.

    Args:
        passes: Shape (cases,), integers: how many trials of each case passed.
        trials: Shape (cases,), integers: how many trials each case had.
        k: How many trials are drawn, at least 1.

    Returns:
        Shape (cases,), each in 0..1: the share of all subsets of k trials in which every trial passed.

    Raises:
        ValueError: k is below 1 or above the trials of a case; or impossible counts.
    """
    x, n = counts(passes, trials)
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if n.min() < k:
        raise ValueError(f"k must not exceed the trials of a case: k is {k}, and a case has {n.min()} trials")
    share = np.ones(len(n))
    for drawn in range(k):
        # One factor at a time stays in 0..1, however large the binomial coefficients would be.
        share *= np.maximum(x - drawn, 0) / (n - drawn)
    return share


def pass_at_k(passes: ArrayLike, trials: ArrayLike, k: int) -> NDArray[np.float64]:
    """The chance that at least one of k trials of a case passes; shapes and errors as `pass_hat_k`."""
    x, n = counts(passes, trials)
    return 1 - pass_hat_k(n - x, n, k)


def agreement(passes: ArrayLike, trials: ArrayLike) -> NDArray[np.float64]:
    """The chance that two different trials of a case say the same.

    Args:
        passes: Shape (cases,), integers: how many trials of each case passed.
        trials: Shape (cases,), integers, each at least 2.

    Returns:
        Shape (cases,), each in 0..1: the share of its pairs of trials that agree.

    Raises:
        ValueError: A case has a single trial; or impossible counts.
    """
    x, n = counts(passes, trials)
    if n.min() < 2:
        raise ValueError("agreement takes two trials of every case")
    return np.asarray((x * (x - 1) + (n - x) * (n - x - 1)) / (n * (n - 1)))

"""What repeated trials of a case are worth, and when another case is worth more.

The trials of one case resemble each other by its intraclass correlation (icc): 0 where each is news, 1 where
they all say the same.
"""

import math

from pytest_evalbars.stats.effective import SHRINKAGE
from pytest_evalbars.stats.power import smallest


def effective_per_case(icc: float, trials: float) -> float:
    """How many independent cases one case with several trials is worth: 1.67 for 3 trials at an icc of 0.4.

    Args:
        icc: How alike the trials of a case are, 0..1.
        trials: Trials of a case, at least 1.

    Source: Kish 1965.
    """
    return 1 / (icc + (1 - icc) / trials)


def expected_n_eff(cases: int, trials: int, p: float, icc: float) -> float:
    """The effective size that `case_rate` will find, in the mean, for cases of this likeness.

    It lies below `cases * effective_per_case` as long as few cases show how alike their trials are.

    Args:
        cases: How many, above 0.
        trials: Of each case, above 0.
        p: The true rate, 0..1.
        icc: How alike the trials of a case are, 0..1.

    Returns:
        A number from cases to cases * trials.
    """
    informative = cases * min(1 - _unanimous(p, icc, trials), 1 - _unanimous(1 - p, icc, trials))
    likeness = (informative * icc + SHRINKAGE) / (informative + SHRINKAGE)
    return cases * trials / (1 + (trials - 1) * likeness)


def cases_with_trials(n: float, trials: int, p: float, icc: float) -> int | None:
    """How many cases, each tried several times, are worth n independent ones; None beyond all suites."""
    return smallest(1, lambda cases: expected_n_eff(cases, trials, p, icc) >= n)


def trials_worth(icc: float, trial_cost: float, case_cost: float = 0.0) -> int | None:
    """How many trials of each case give the most evidence for the money.

    Args:
        icc: How alike the trials of a case are, 0..1.
        trial_cost: What one trial costs; above 0.
        case_cost: What a new case costs before any trial, in the same money; 0 or more.

    Returns:
        1 where new cases cost nothing; None where they cost and trials are wholly unlike: the more the better.

    Source: the optimal cluster size of Cochran 1977, section 10.6.
    """
    if case_cost == 0:
        return 1
    if icc == 0:
        return None
    best = max(1, math.floor(math.sqrt(case_cost / trial_cost * (1 - icc) / icc)))
    return min(best, best + 1, key=lambda trials: (case_cost + trials * trial_cost) / effective_per_case(icc, trials))


def _unanimous(p: float, icc: float, trials: int) -> float:
    """The chance that all trials of a case pass, the rates of cases being beta distributed."""
    if icc == 0:
        return math.pow(p, trials)
    spread = (1 - icc) / icc
    return math.prod((p * spread + i) / (spread + i) for i in range(1, trials)) * p

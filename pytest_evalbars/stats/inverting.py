"""P-values from bounds, where a number has no law of its own: the smallest error with which bounds prove it."""

import math
from collections.abc import Callable

#: Smaller p-values are told as this one: intervals of a confidence closer to 1 cannot be asked for.
LEAST = 1e-15
#: Of the logarithm of a p-value, until it is told to 15 digits.
HALVINGS = 60


def smallest_error(proven: Callable[[float], bool]) -> float:
    """The smallest error with which something is proven; it is with every larger one, up to one half."""
    if proven(LEAST):
        return LEAST
    low, high = math.log(LEAST), math.log(0.5)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if proven(math.exp(middle)):
            high = middle
        else:
            low = middle
    return math.exp(high)

"""What a series of measurements says: its median, how sure that is, how far it spreads."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

_Z = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A series of measurements in a few numbers.

    Attributes:
        median: Half of them are below.
        low: Lower end of the 95 % confidence interval of the median.
        high: Upper end of it.
        p10: A tenth of them is below.
        p90: A tenth of them is above.
        count: How many there are.
    """

    median: float
    low: float
    high: float
    p10: float
    p90: float
    count: int

    @classmethod
    def of(cls, measurements: Sequence[float]) -> Self:
        """Sum up measurements.

        The confidence interval is taken from the ranks (binomial, by its normal approximation), so
        that it holds for any distribution; for five measurements or fewer it is their whole range.

        Raises:
            ValueError: There are none.
        """
        if not measurements:
            raise ValueError("there are no measurements to sum up")
        ranked = sorted(measurements)
        count = len(ranked)
        outside = max(0, math.floor((count - _Z * math.sqrt(count)) / 2))
        return cls(
            median=statistics.median(ranked),
            low=ranked[outside],
            high=ranked[-1 - outside],
            p10=quantile(ranked, 0.1),
            p90=quantile(ranked, 0.9),
            count=count,
        )


def quantile(measurements: Sequence[float], share: float) -> float:
    """The value below which a share (0 to 1) of the measurements lies, interpolated."""
    ranked = sorted(measurements)
    position = share * (len(ranked) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (position - below)


def paired_ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """The ratio within each round: what slows a whole round down drops out of it."""
    return [above / below for above, below in zip(numerators, denominators, strict=True)]

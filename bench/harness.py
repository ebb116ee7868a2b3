"""Comparing variants fairly: they take turns within one run, in a random order each round."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from bench.errors import BenchError
from bench.report import Bound, Figure, Unit
from bench.statistics import Summary, paired_ratios
from devstack.databases import Database

Input = TypeVar("Input")

WARM_UP = 10
"""Rounds thrown away: Postgres needs five to settle on the plan of a prepared statement."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a row is given.

    Attributes:
        project: A database with the project in it, to clone; nobody is connected to it.
        quick: Whether to go through everything at a toy size, for tests; figures mean nothing then.
        seed: Makes the run's random choices repeatable.
        say: Shows a line of progress.
        attendance: How many rows of attendance a year's reports are measured over.
    """

    project: Callable[[], Database]
    quick: bool
    seed: int
    say: Callable[[str], None]
    attendance: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Samples:
    """Measurements by variant; those of one position were taken in one round.

    Attributes:
        by_variant: The measurements.
        unit: What they are in.
    """

    by_variant: Mapping[str, list[float]]
    unit: Unit

    def figures(self, bounds: Mapping[str, Bound] = MappingProxyType({})) -> list[Figure]:
        """One line of the table per variant, with the bounds of those that have one."""
        return [
            Figure.of(name, Summary.of(measured), self.unit, bounds.get(name))
            for name, measured in self.by_variant.items()
        ]

    def ratio(self, label: str, above: str, below: str, bound: Bound | None = None) -> Figure:
        """One line of the table: the median of the ratios within the rounds.

        Args:
            label: What it is called.
            above: The variant divided.
            below: The variant divided by.
            bound: What it has to keep.
        """
        ratios = paired_ratios(self.by_variant[above], self.by_variant[below])
        return Figure.of(label, Summary.of(ratios), Unit.RATIO, bound)

    def ratio_beyond(self, label: str, above: str, below: str, base: str) -> Figure:
        """One line of the table: the ratio of two medians, that of a third taken off both.

        It compares what two variants do beyond what every transaction costs.
        """
        of = {name: Summary.of(self.by_variant[name]).median for name in (above, below, base)}
        ratio = (of[above] - of[base]) / (of[below] - of[base])
        return Figure(label, ratio, Unit.RATIO, len(self.by_variant[above]))


def interleave(
    variants: Mapping[str, Callable[[Input], float]],
    inputs: Iterable[Input],
    *,
    unit: Unit,
    chance: random.Random,
    warm_up: int = WARM_UP,
) -> Samples:
    """Measure every variant once per round, each round with one input for all of them.

    Args:
        variants: By name, what takes an input and returns the measurement.
        inputs: One per round, the warm-up included.
        unit: What the variants return.
        chance: Shuffles the order of each round.
        warm_up: How many rounds are thrown away at the beginning.

    Raises:
        BenchError: There were no more inputs than the warm-up took.
    """
    measured: dict[str, list[float]] = {name: [] for name in variants}
    order = list(variants)
    for number, given in enumerate(inputs):
        chance.shuffle(order)
        for name in order:
            measurement = variants[name](given)
            if number >= warm_up:
                measured[name].append(measurement)
    if not all(measured.values()):
        raise BenchError(f"no round was left after {warm_up} of warm-up")
    return Samples(measured, unit)

"""The one table that a run ends with."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from bench.statistics import Summary

HEADINGS = ("", "median", "95 % of the median", "p10 to p90", "rounds", "bound", "")


class Unit(enum.Enum):
    """What a figure is in; the value stands behind it in the table."""

    MILLISECONDS = " ms"
    PER_SECOND = "/s"
    MEGABYTES = " MB"
    RATIO = ""

    def show(self, number: float) -> str:
        """The number with about three digits that mean something, and the unit."""
        size = abs(number)
        decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        if self is Unit.RATIO:
            decimals = min(decimals, 2)
        return f"{number:,.{decimals}f}{self.value}"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure has to keep.

    Attributes:
        limit: The number.
        at_least: Whether it is the least allowed instead of the most.
    """

    limit: float
    at_least: bool = False

    def is_kept_by(self, number: float) -> bool:
        """Whether the number is on the right side."""
        return number >= self.limit if self.at_least else number <= self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        label: What it is.
        value: The figure, a median unless the label says otherwise.
        unit: What it is in.
        count: How many rounds it rests on.
        interval: 95 % confidence interval of the median; None for other figures.
        spread: From the 10th to the 90th percentile; None for other figures.
        bound: What it has to keep; None for a figure that is told for information.
    """

    label: str
    value: float
    unit: Unit
    count: int
    interval: tuple[float, float] | None = None
    spread: tuple[float, float] | None = None
    bound: Bound | None = None

    @classmethod
    def of(cls, label: str, summary: Summary, unit: Unit, bound: Bound | None = None) -> Self:
        """The line for the median of a series."""
        return cls(
            label,
            summary.median,
            unit,
            summary.count,
            (summary.low, summary.high),
            (summary.p10, summary.p90),
            bound,
        )

    @property
    def misses_its_bound(self) -> bool:
        """Whether it has a bound and breaks it."""
        return self.bound is not None and not self.bound.is_kept_by(self.value)

    def cells(self) -> tuple[str, ...]:
        """What stands in each column."""
        limit, verdict = "", ""
        if self.bound is not None:
            sign = "≥" if self.bound.at_least else "≤"
            limit = f"{sign} {self.unit.show(self.bound.limit)}"
            verdict = "MISSED" if self.misses_its_bound else "kept"
        return (
            f"  {self.label}",
            self.unit.show(self.value),
            self._range(self.interval),
            self._range(self.spread),
            f"{self.count:,}",
            limit,
            verdict,
        )

    def _range(self, ends: tuple[float, float] | None) -> str:
        if ends is None:
            return ""
        return " … ".join(self.unit.show(end).removesuffix(self.unit.value) for end in ends)


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one row of the bench.

    Attributes:
        title: What was measured, on how much of it.
        figures: The lines.
    """

    title: str
    figures: Sequence[Figure]


def table(sections: Iterable[Section]) -> str:
    """The table as text, every line as long as it has to be."""
    sections = list(sections)
    lines = [HEADINGS, *(figure.cells() for part in sections for figure in part.figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    shown = [_line(HEADINGS, widths)]
    for part in sections:
        shown += ["", part.title, *(_line(figure.cells(), widths) for figure in part.figures)]
    return "\n".join(shown)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
    return "  ".join(padded).rstrip()

"""Charts as SVG: geometry worked out here, drawn by the templates. No script, nothing from outside.

Coordinates are in the units of the drawing's ``viewBox``; y grows downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 14.0, 28.0

MAX_LABELS = 12
"""Labels that fit under a chart side by side."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled line across a chart, at ``y``."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A label under a chart, centred at ``x``."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; ``series`` says which colour, ``title`` what it stands for."""

    x: float
    y: float
    width: float
    height: float
    series: str
    title: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line; ``title`` says what it stands for."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws.

    ``lines`` are polylines in SVG's own notation, one for each stretch without a gap; ``rows`` are
    labelled bars that lie.
    """

    width: float
    height: float
    ticks: tuple[Tick, ...] = ()
    marks: tuple[Mark, ...] = ()
    bars: tuple[Bar, ...] = ()
    dots: tuple[Dot, ...] = ()
    lines: tuple[str, ...] = ()


def line_chart(labels: Sequence[str], shares: Sequence[float | None]) -> Chart:
    """Shares from 0 to 1 over time; None leaves a gap."""
    step = _step(len(labels))
    places = [
        None
        if share is None
        else Dot(
            _round(LEFT + step * (number + 0.5)),
            _round(_y(share)),
            f"{label}: {share:.1%}",
        )
        for number, (label, share) in enumerate(zip(labels, shares, strict=True))
    ]
    return Chart(
        WIDTH,
        HEIGHT,
        ticks=tuple(Tick(_round(_y(part / 4)), f"{part * 25} %") for part in range(5)),
        marks=_marks(labels),
        dots=tuple(dot for dot in places if dot is not None),
        lines=tuple(
            " ".join(f"{dot.x:g},{dot.y:g}" for dot in stretch) for stretch in _stretches(places)
        ),
    )


def stacked_bars(labels: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]]) -> Chart:
    """Counts on top of each other; ``series`` are (key, name, counts), the lowest first."""
    totals = [sum(counts[number] for _, _, counts in series) for number in range(len(labels))]
    top = nice_ceiling(max(totals, default=0))
    step = _step(len(labels))
    bars = []
    for number, label in enumerate(labels):
        reached = 0
        for key, name, counts in series:
            count = counts[number]
            if count:
                upper, lower = _y((reached + count) / top), _y(reached / top)
                bars.append(
                    Bar(
                        _round(LEFT + step * (number + 0.15)),
                        _round(upper),
                        _round(step * 0.7),
                        _round(lower - upper),
                        key,
                        f"{label}: {count:,} {name}",
                    )
                )
            reached += count
    return Chart(WIDTH, HEIGHT, ticks=_count_ticks(top), marks=_marks(labels), bars=tuple(bars))


def nice_ceiling(number: int) -> int:
    """The smallest of 4, 8, 12, 20, 40, 80 … that is not smaller: a scale of four even steps."""
    scale = 1
    while True:
        for base in (4, 8, 12, 20):
            if number <= base * scale:
                return base * scale
        scale *= 10


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _step(count: int) -> float:
    return (WIDTH - LEFT - RIGHT) / max(count, 1)


def _marks(labels: Sequence[str]) -> tuple[Mark, ...]:
    step, every = _step(len(labels)), -(-len(labels) // MAX_LABELS)
    return tuple(
        Mark(_round(LEFT + step * (number + 0.5)), label)
        for number, label in enumerate(labels)
        if number % max(every, 1) == 0
    )


def _count_ticks(top: int) -> tuple[Tick, ...]:
    return tuple(Tick(_round(_y(part / 4)), f"{top * part // 4:,}") for part in range(5))


def _stretches(places: Sequence[Dot | None]) -> list[list[Dot]]:
    stretches: list[list[Dot]] = [[]]
    for dot in places:
        if dot is None:
            stretches.append([])
        else:
            stretches[-1].append(dot)
    return [stretch for stretch in stretches if len(stretch) > 1]


def _round(number: float) -> float:
    return round(number, 1)

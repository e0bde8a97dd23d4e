"""Medians, spreads, ratios and bars."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass
class Sample:
    """Measurements of one thing, in the order of the rounds."""

    unit: str
    values: list[float] = field(default_factory=list)

    def add(self, value: float) -> None:
        """Add the figure of one more round."""
        self.values.append(float(value))

    @property
    def median(self) -> float:
        """The median. Raises ValueError when nothing was measured."""
        if not self.values:
            raise ValueError("nothing was measured")
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most."""
        return min(self.values), max(self.values)


def ratio(measured: Sample, reference: Sample) -> float:
    """Return the median of the ratios round by round: a machine whose speed drifts then disturbs both sides alike.

    Where the rounds do not pair, the ratio of the medians. Raises ValueError when the reference is 0 or nothing was
    measured.
    """
    pairs = list(zip(measured.values, reference.values))
    if len(measured.values) != len(reference.values) or not all(below for _, below in pairs):
        if not reference.median:
            raise ValueError("the reference is 0")
        return measured.median / reference.median
    if not pairs:
        raise ValueError("nothing was measured")
    return statistics.median(above / below for above, below in pairs)


@dataclass
class Bar:
    """A promise: `value` must be at most, or at least, `limit`. Without a value it could not be measured, and `note`
    says why.
    """

    name: str
    limit: float
    unit: str = ""
    at_most: bool = True
    value: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `not measured`."""
        if self.value is None:
            return "not measured"
        good = self.value <= self.limit if self.at_most else self.value >= self.limit
        return "met" if good else "missed"

    @property
    def promise(self) -> str:
        """The limit in words."""
        return "%s %s" % ("at most" if self.at_most else "at least", figure(self.limit, self.unit))


def figure(value: float, unit: str = "") -> str:
    """Return a number as people read it: three digits that count."""
    if value == 0:
        text = "0"
    elif abs(value) >= 1000:
        text = "{:,.0f}".format(value)
    elif abs(value) >= 100:
        text = "%.0f" % value
    elif abs(value) >= 10:
        text = "%.1f" % value
    elif abs(value) >= 1:
        text = "%.2f" % value
    else:
        text = "%.3f" % value
    return ("%s %s" % (text, unit)).strip()

"""What a benchmark finds out, as data: rows of a table, curves of a plot, gathered in chapters.

Owns what a row says: what was measured, against whom, the ratio, what it was to be, and whether it is. Made by every module
that measures, shown by `page`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .measure import Figure


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One comparison.

    Attributes
    ----------
    what, against : str
        Ours, and who is compared with it.
    ours, theirs : Figure
    ratio : float or None
        Ours divided by theirs, unless `compared` says otherwise.
    reach : float or None
        What the ratio is to be at most; None for a row that only tells.
    note : str
        What else was seen.
    """

    what: str
    against: str
    ours: Figure
    theirs: Figure | None = None
    ratio: float | None = None
    reach: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the ratio is what it is to be; None where nothing was demanded."""
        if self.reach is None or self.ratio is None:
            return None
        return self.ratio <= self.reach


def compared(
    what: str, ours: Figure, peers: Mapping[str, Figure], *, reaches: Mapping[str, float] | None = None
) -> tuple[Row, ...]:
    """A row for each peer, with the ratio as it was round by round."""
    return tuple(
        Row(what=what, against=name, ours=ours, theirs=theirs, ratio=ours.over(theirs), reach=(reaches or {}).get(name))
        for name, theirs in peers.items()
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """Cost against something, with logarithmic axes.

    Attributes
    ----------
    name : str
        Of its file.
    across, up : str
        What the axes show, with the unit.
    curves : Mapping
        For each curve its points, from what it is drawn over to what was measured there.
    """

    name: str
    title: str
    across: str
    up: str
    curves: Mapping[str, Mapping[float, Figure]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """What belongs together on the page.

    Attributes
    ----------
    how : str
        How the figures were taken, for the reader.
    """

    title: str
    how: str
    rows: tuple[Row, ...] = ()
    plots: tuple[Plot, ...] = field(default=())

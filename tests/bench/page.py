"""How figures are shown: as a table in the terminal, and as the page of the documentation with its plots.

Owns the wording of a figure, the table, the page and the plots. The page holds what one run has measured and nothing else.
Called by ``__main__``.
"""

from __future__ import annotations

from rich.table import Table

from .measure import Figure
from .row import Chapter, Row


def table(chapter: Chapter) -> Table:
    """A chapter's rows for the terminal."""
    shown = Table("what", "ours: median, p99", "against", "theirs: median, p99", "ratio", "reach", title=chapter.title)
    for row in chapter.rows:
        colour = {True: "green", False: "red", None: ""}[row.reached]
        ratio = f"[{colour}]{said_ratio(row.ratio)}[/]" if colour else said_ratio(row.ratio)
        theirs = said(row.theirs) if row.theirs is not None else ""
        what = f"{row.what}\n[dim]{row.note}[/]" if row.note else row.what
        shown.add_row(what, said(row.ours), row.against, theirs, ratio, said_reach(row))
    return shown


def said(figure: Figure) -> str:
    """Median and 99th percentile, in the unit that suits them."""
    if figure.number == 1:
        return said_value(figure.median, figure.unit)
    return f"{said_value(figure.median, figure.unit)}, {said_value(figure.p99, figure.unit)}"


def said_value(value: float, unit: str) -> str:
    """One value with three digits.

    >>> said_value(0.0000172, "s")
    '17.2 µs'
    """
    if unit == "s":
        steps = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    else:
        steps = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
    scale, name = next((step for step in steps if value >= step[0]), steps[-1])
    return f"{value / scale:.3g} {name}"


def said_ratio(ratio: float | None) -> str:
    """A ratio as people say it.

    >>> said_ratio(1.25), said_ratio(0.125)
    ('1.25', '1/8')
    """
    if ratio is None:
        return ""
    return f"{ratio:.3g}" if ratio > 0.5 else f"1/{1 / ratio:.3g}"


def said_reach(row: Row) -> str:
    """What the ratio is to be at most, and whether it is."""
    if row.reach is None:
        return ""
    return f"≤ {said_ratio(row.reach)} {'✓' if row.reached else '✗'}"

"""How figures are shown: as a table in the terminal, and as the page of the documentation with its plots.

Owns the wording of a figure, the table, the page and the plots. The page holds what one run has measured and nothing else.
Called by ``__main__``.
"""

from __future__ import annotations

import os
from pathlib import Path

from rich.table import Table

from .machine import machine
from .measure import Figure
from .plots import draw
from .row import Chapter, Plot, Row
from .run import Run

_IDLE_LOAD = 0.5
"""A load up to this is what an idle machine has."""


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

    >>> said_ratio(1.25), said_ratio(0.125), said_ratio(1365.2)
    ('1.25', '1/8', '1,365')
    """
    if ratio is None:
        return ""
    if ratio >= 1000:
        return f"{ratio:,.0f}"
    return f"{ratio:.3g}" if ratio > 0.5 else f"1/{1 / ratio:.3g}"


def said_reach(row: Row) -> str:
    """What the ratio is to be at most, and whether it is."""
    if row.reach is None:
        return ""
    return f"≤ {said_ratio(row.reach)} {'✓' if row.reached else '✗'}"


def write(target: Path, chapters: list[Chapter], run: Run) -> None:
    """Write the page, and its plots into a folder beside it that has its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.with_suffix("")
    parts = [_head(chapters, run)]
    for chapter in chapters:
        parts += [f"## {chapter.title}", chapter.how.strip(), _markdown(chapter.rows)]
        for plot in chapter.plots:
            folder.mkdir(exist_ok=True)
            draw(plot, folder / f"{plot.name}.svg")
            parts.append(f"![{plot.title}: {plot.up} over {plot.across}]({folder.name}/{plot.name}.svg)")
            parts.append(_points(plot))
    target.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _head(chapters: list[Chapter], run: Run) -> str:
    rows = [row for chapter in chapters for row in chapter.rows]
    demanded = [row for row in rows if row.reached is not None]
    missed = [row for row in demanded if not row.reached]
    told = {
        **machine(),
        "begun": f"{run.begun:%Y-%m-%d %H:%M} UTC",
        "load": f"{run.load_at_begin:.2f} at the beginning, {os.getloadavg()[0]:.2f} at the end, itself included",
    }
    found = "\n".join(f"| {name} | {value} |" for name, value in told.items())
    caution = ""
    if run.quick:
        caution += "**A quick run: it shows that everything works, its figures mean little.**\n\n"
    if run.load_at_begin > _IDLE_LOAD:
        caution += "**Others used this machine meanwhile (see the load): trust the ratios, and them not too much.**\n\n"
    missing = "".join(
        f"\n- {row.what}, against {row.against}: {said_ratio(row.ratio)}, was to be at most {said_ratio(row.reach)}"
        for row in missed
    )
    return f"""\
# Performance

{caution}Written by `make bench-page`; every figure was taken in that one run. `make bench` measures again and prints the
tables, `python -m tests.bench calls memory` only the chapters that are named.

| | |
|---|---|
{found}

Ours and its peers take turns within the run, after a warm-up, so that a machine whose speed drifts is equally kind to all.
A time is told as median and 99th percentile (the largest, where fewer than a hundred were taken; *n* says how many were).
A *ratio* is ours divided by theirs, taken within each round; the median over the rounds is told. *Reach* is what a ratio is
to be at most, as it was set before anything was measured. On another machine the times differ; the ratios differ less.

Of {len(demanded)} ratios with a reach, {len(demanded) - len(missed)} are within it{", these are not:" if missed else "."}
{missing}"""


def _markdown(rows: tuple[Row, ...]) -> str:
    if not rows:
        return ""
    lines = ["| what | ours | *n* | against | theirs | *n* | ratio | reach |", "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        theirs, number = (said(row.theirs), str(row.theirs.number)) if row.theirs is not None else ("", "")
        what = f"{row.what} ({row.note})" if row.note else row.what
        cells = (
            what,
            said(row.ours),
            row.ours.number,
            row.against,
            theirs,
            number,
            said_ratio(row.ratio),
            said_reach(row),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _points(plot: Plot) -> str:
    """What is drawn, as a table: medians."""
    over = sorted({at for points in plot.curves.values() for at in points})
    lines = [
        "| " + " | ".join([plot.across, *plot.curves]) + " |",
        "|---" * (len(plot.curves) + 1) + "|",
    ]
    for at in over:
        medians = (said_value(points[at].median, "s") if at in points else "" for points in plot.curves.values())
        lines.append("| " + " | ".join([f"{at:,.0f}", *medians]) + " |")
    return "\n".join(lines)

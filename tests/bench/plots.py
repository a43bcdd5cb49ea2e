"""The plots of the page: cost against something, with logarithmic axes.

Owns how they look: the median as a line with its points, the 99th percentile dashed. Called by `page`.
"""

from __future__ import annotations

from pathlib import Path

from .row import Plot

_WORTH_WRITING_OUT = 10_000
"""Below that, each point has its number under it rather than a power of ten."""


def draw(plot: Plot, target: Path) -> None:
    """Draw one as SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Text stays text, and nothing in the file changes but what was measured.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": plot.name, "font.size": 10}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        for name, points in plot.curves.items():
            over = sorted(points)
            (line,) = axes.loglog(over, [points[at].median for at in over], marker="o", markersize=4, label=name)
            worst = [points[at].p99 for at in over]
            axes.loglog(over, worst, linestyle="--", linewidth=0.8, color=line.get_color(), alpha=0.6)
        axes.set(title=plot.title, xlabel=plot.across, ylabel=plot.up)
        drawn = sorted({at for points in plot.curves.values() for at in points})
        if drawn[-1] < _WORTH_WRITING_OUT:
            axes.set_xticks(drawn, [f"{at:g}" for at in drawn])
            axes.set_xticks([], minor=True)
        axes.grid(which="major", alpha=0.3)
        axes.legend(title="median; dashed: 99th percentile", fontsize=9, title_fontsize=9)
        figure.savefig(target, format="svg", metadata={"Date": None})

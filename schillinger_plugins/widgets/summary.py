"""Summary: the last result of a node in a few figures.

Called by ``node``.
"""

from __future__ import annotations

from ..result import Result
from .views import views_of

_MAX_FIGURES = 8


def summary_of(result: Result) -> list[dict[str, str]]:
    """The last result in a few figures."""
    views = views_of(result)
    figures = [{"label": f.label, "text": f.text, "unit": f.unit} for f in views.figures[:_MAX_FIGURES]]
    sounds = [s for s in views.sounds if not s.name.startswith("input:")]
    figures += [
        {"label": s.label, "text": f"{s.audio.duration_s:.2f} s, {s.audio.channels} ch", "unit": ""} for s in sounds
    ]
    shown = len(views.figures[:_MAX_FIGURES]) + len(sounds)
    rest = len(result) - shown
    if rest > 0:
        figures.append({"label": "also", "text": f"{rest} more output{'s' if rest > 1 else ''}", "unit": ""})
    return figures

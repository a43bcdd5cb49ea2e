"""Summary: a result and a failure in the few words that fit on a node.

Owns the choice of what is said at a glance; all of it is what a result is opened for. Called by ``node`` and ``canvas``.
"""

from __future__ import annotations

from ..errors import PluginError, PluginExecutionError
from ..result import Result
from .views import views_of

MAX_FIGURES = 8
MAX_TEXT = 20_000
"""Characters of a plugin's message or traceback; of a longer one the end is shown, where the reason is."""


def summary_of(result: Result) -> list[dict[str, str]]:
    """A result in a few figures: label, text and unit of each."""
    views = views_of(result)
    figures = [{"label": f.label, "text": f.text, "unit": f.unit} for f in views.figures[:MAX_FIGURES]]
    sounds = [s for s in views.sounds if not s.name.startswith("input:")]
    figures += [
        {"label": s.label, "text": f"{s.audio.duration_s:.2f} s, {s.audio.channels} ch", "unit": ""} for s in sounds
    ]
    shown = len(views.figures[:MAX_FIGURES]) + len(sounds)
    rest = len(result) - shown
    if rest > 0:
        figures.append({"label": "also", "text": f"{rest} more output{'s' if rest > 1 else ''}", "unit": ""})
    return figures


def failure_of(error: BaseException) -> dict[str, str]:
    """An error as the front-end draws it: type, message, remedy, path, traceback."""
    message, remedy, path = str(error), "", ""
    if isinstance(error, PluginError):
        message, remedy, path = error.message, error.remedy or "", error.path or ""
    return {
        "type": type(error).__name__,
        "message": message[:MAX_TEXT],
        "remedy": remedy,
        "path": path,
        "traceback": error.traceback_text[-MAX_TEXT:] if isinstance(error, PluginExecutionError) else "",
    }

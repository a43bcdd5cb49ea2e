"""What a failed ``%plugin`` shows: the plugin's own traceback, or the rule and the remedy; never frames of this package.

The exception itself goes on, so that the cell has failed and Run All stops; IPython asks it how it wants to be shown
(``_render_traceback_``). Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

import linecache
import re
from pathlib import PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import PluginError, PluginExecutionError
from ..loader import cells_folder
from .progress import duration
from .table import _printable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

E = TypeVar("E", bound=BaseException)

_RED, _YELLOW, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[0m"


def shown_short(error: PluginError) -> PluginError:
    """The same error, which IPython will show as the plugin's own traceback, then type, message and remedy."""
    return _rendered(error, lines(error))


def shown_as_interrupted(interrupt: KeyboardInterrupt) -> KeyboardInterrupt:
    """The same interrupt, which IPython will show as one line, if nobody has said how already."""
    return interrupt if hasattr(interrupt, "_render_traceback_") else _rendered(interrupt, ["cancelled"])


def shown_as_cancelled(error: KeyboardInterrupt, *, elapsed_s: float, is_ready: bool) -> KeyboardInterrupt:
    """The same interrupt, which IPython will show as one line."""
    fresh = "" if is_ready else " (in a fresh worker, its state is gone)"
    return _rendered(error, [f"cancelled after {duration(elapsed_s)}; the instance is ready again{fresh}"])


def shown_from_expression(error: Exception, *, file_name: str, ipython: InteractiveShell) -> Exception:
    """The same error, which IPython will show from the user's expression on."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file_name:
        trace = trace.tb_next
    formatter: Any = ipython.InteractiveTB
    return _rendered(error, formatter.structured_traceback(type(error), error, trace, tb_offset=0))


def expression_file(name: str, expression: str) -> str:
    """A file name under which tracebacks find the expression."""
    file_name = f"<%plugin {name}={expression[:40]}>"
    linecache.cache[file_name] = (len(expression), None, [expression + "\n"], file_name)
    return file_name


def lines(error: PluginError) -> list[str]:
    """An error in a few lines."""
    shown = []
    if isinstance(error, PluginExecutionError) and error.traceback_text.strip():
        # The plugin's text: its control characters must not reach the terminal.
        shown.append(_printable(in_cells(error.traceback_text.rstrip())))
        shown.append("")
    head = f"{error.plugin_id}: " if error.plugin_id else ""
    message = _printable(head + error.message.rstrip("\n"))
    shown.append(
        f"{_RED}{type(error).__name__}{_PLAIN}: {message}" + (f" - at {_printable(error.path)}" if error.path else "")
    )
    if error.remedy:
        shown.append(f"{_YELLOW}→{_PLAIN} {_printable(error.remedy)}")
    return shown


def in_cells(text: str) -> str:
    """A traceback that names the cells in which plugins were written, not their files: the lines have the same numbers."""
    cells = re.escape(str(cells_folder().resolve()))
    return re.sub(rf'File "{cells}/(\w+)/main\.py", line', r"Cell %%plugin \1, line", text)


def place_of(file: str) -> str:
    """What a file of a plugin is called: the cell in which it was written, or its name."""
    path = PurePath(file)
    is_cell = path.name == "main.py" and path.parent.parent == cells_folder().resolve()
    return f"Cell %%plugin {path.parent.name}" if is_cell else path.name


def _rendered(error: E, text: list[str]) -> E:
    error._render_traceback_ = lambda: text  # type: ignore[attr-defined]  # IPython looks for it on the instance
    return error

"""Display: what IPython shows for a result, a sound and a node.

Owns the order of the outputs: a still picture and a table first, the live view last, which hides the two while it is on
the page. So a notebook reads the same on the web, without a kernel and in the printer. Refuses to guess in a terminal:
there it prints text. Installed by the magics.
"""

from __future__ import annotations

import logging
import secrets
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..result import Result
    from ..types import Audio
    from .bundle import BundledWidget
    from .node import NodeWidget

_log = logging.getLogger(__name__)

_TYPES = (("schillinger_plugins.result", "Result"), ("schillinger_plugins.types.audio", "Audio"))


def install(ipython: InteractiveShell) -> None:
    """Let IPython draw results and sounds. Imports nothing before one is drawn. `uninstall` undoes it."""
    formatter = _formatter(ipython)
    for module, name in _TYPES:
        formatter.for_type_by_name(module, name, draw)


def uninstall(ipython: InteractiveShell) -> None:
    """Undo `install`."""
    formatter = _formatter(ipython)
    for module, name in _TYPES:
        formatter.deferred_printers.pop((module, name), None)
        known = getattr(sys.modules.get(module), name, None)
        if known is not None:
            formatter.type_printers.pop(known, None)


def draw(shown: Result | Audio) -> None:
    """Show a result or a sound: still picture, table, live view.

    Parameters
    ----------
    shown : Result or Audio
    """
    if not _in_notebook():
        print(repr(shown))
        return
    from .analysis import AnalysisView
    from .report import table_html

    png = _picture(shown)
    stills: list[dict[str, Any]] = [] if png is None else [{"image/png": png}]
    _publish(AnalysisView(shown), [*stills, {"text/html": table_html(shown)}], text=repr(shown))


def draw_node(widget: NodeWidget, static: str) -> None:
    """Show a node: a table of its ports and parameters, and the live node."""
    if not _in_notebook():
        print(repr(widget))
        return
    _publish(widget, [{"text/html": static}], text=repr(widget))


def _publish(widget: BundledWidget, stills: list[dict[str, Any]], *, text: str) -> None:
    """The still outputs, the last of which is marked, then the widget, which looks for the mark."""
    from IPython.core.interactiveshell import InteractiveShell

    publisher: Any = InteractiveShell.instance().display_pub
    widget.static_id = widget.static_id or secrets.token_hex(6)
    widget.static_count = len(stills)
    stills[-1]["text/html"] = _marked(stills[-1]["text/html"], widget.static_id)
    for still in stills:
        publisher.publish(data={**still, "text/plain": text})
    bundle = widget._repr_mimebundle_()
    if bundle is not None:
        publisher.publish(data=bundle[0], metadata=bundle[1])


def _marked(body: str, static_id: str) -> str:
    """The live view finds its still counterpart by this class.

    The style hides the next output as long as nothing of ours is in it: JupyterLab writes an error there in a notebook
    that is reopened without its kernel, below a picture that shows everything.
    """
    mark = f"schillinger-static-{static_id}"
    style = f".jp-OutputArea-child:has(.{mark}) + .jp-OutputArea-child:has(.jupyter-widgets):not(:has(.sch))"
    return f'<style>{style} {{ display: none }}</style><div class="schillinger-static {mark}">{body}</div>'


def _picture(shown: Result | Audio) -> bytes | None:
    from .picture import picture_png

    try:
        return picture_png(shown)
    except Exception:
        # A picture is an extra: data that matplotlib chokes on must not cost the table and the view.
        _log.exception("no picture of %.80r", shown)
        return None


def _formatter(ipython: InteractiveShell) -> Any:
    assert ipython.display_formatter is not None
    return ipython.display_formatter.ipython_display_formatter


def _in_notebook() -> bool:
    """Whether a kernel with a front-end runs this, not a terminal or a script."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None

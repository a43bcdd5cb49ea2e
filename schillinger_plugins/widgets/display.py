"""Display: what IPython shows for a result, a sound, a figure, an instance and a node.

Owns the order of the outputs: figures first, which stay; then a still picture and a table, and last the live view, which
hides these two while it is on the page. So a notebook reads the same on the web, without a kernel and in the printer.
Refuses to guess in a terminal: there it prints text. Installed by the magics.
"""

from __future__ import annotations

import logging
import secrets
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..flow import Flow
    from ..instance import Instance
    from ..result import Result
    from ..types import Audio, Figure
    from .analysis import AnalysisView
    from .bundle import BundledWidget
    from .views import Views

_log = logging.getLogger(__name__)

_TYPES = (
    ("schillinger_plugins.result", "Result"),
    ("schillinger_plugins.types.audio", "Audio"),
    ("schillinger_plugins.types.figure", "Figure"),
    ("schillinger_plugins.flow.flow", "Flow"),
    ("schillinger_plugins.instance", "Instance"),
)


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


def draw(shown: Result | Audio | Figure | Flow | Instance) -> None:
    """Show a result or a sound: figures, still picture, table, live view. Or a figure by itself, a flow, or a node.

    Parameters
    ----------
    shown : Result, Audio, Figure, Flow or Instance
    """
    if not _in_notebook():
        print(repr(shown))
        return
    from ..flow import Flow
    from ..instance import Instance
    from ..types import Audio, Figure
    from .analysis import AnalysisView
    from .figure import bundle_of, figures_in
    from .views import views_of

    if isinstance(shown, Flow):
        _draw_flow(shown)
        return
    if isinstance(shown, Instance):
        _draw_instance(shown)
        return
    if isinstance(shown, Figure):
        _publisher().publish(*bundle_of(shown))
        return
    if not isinstance(shown, Audio):
        figures = [figure for _, figure in figures_in(shown)]
        for figure in figures:
            _publisher().publish(*bundle_of(figure))
        if figures and views_of(shown).is_empty:
            return
    draw_view(AnalysisView(shown), text=repr(shown))


def _draw_flow(flow: Flow) -> None:
    """A picture of it, its outline, and the canvas, which hides the two while it is on the page."""
    from .canvas import flow_view
    from .flow_picture import flow_html, flow_png

    png = flow_png(flow)
    # Always two: the canvas is the same one each time, and it hides as many wherever it is shown.
    picture: dict[str, Any] = {} if png is None else {"image/png": png}
    _publish(flow_view(flow), [picture, {"text/html": flow_html(flow)}], text=repr(flow))


def _draw_instance(instance: Instance) -> None:
    """Its node; of one that is destroyed, and has none to run, that it is."""
    from .nodes import node_of

    if instance.state == "destroyed":
        _publisher().publish(data={"text/plain": repr(instance)})
        return
    node_of(instance)._ipython_display_()


def draw_view(view: AnalysisView, *, text: str = "") -> None:
    """Show a view: still picture, table, and the live one."""
    if not _in_notebook():
        print(text or repr(view))
        return
    from .report import table_html

    png = _picture(view.views)
    stills: list[dict[str, Any]] = [] if png is None else [{"image/png": png}]
    _publish(view, [*stills, {"text/html": table_html(view.views)}], text=text or repr(view))


def draw_node(widget: BundledWidget, static: str) -> None:
    """Show a node or a panel: a still table, and the live one."""
    if not _in_notebook():
        print(repr(widget))
        return
    _publish(widget, [{"text/html": static}], text=repr(widget))


def _publish(widget: BundledWidget, stills: list[dict[str, Any]], *, text: str) -> None:
    """The still outputs, the last of which is marked, then the widget, which looks for the mark."""
    publisher = _publisher()
    widget.static_id = widget.static_id or secrets.token_hex(6)
    widget.static_count = len(stills)
    stills[-1]["text/html"] = _marked(stills[-1]["text/html"], widget.static_id)
    for still in stills:
        publisher.publish(data={**still, "text/plain": text})
    bundle = widget._repr_mimebundle_()
    if bundle is not None:
        publisher.publish(data=bundle[0], metadata=bundle[1])


def _publisher() -> Any:
    from IPython.core.interactiveshell import InteractiveShell

    return InteractiveShell.instance().display_pub


def _marked(body: str, static_id: str) -> str:
    """The live view finds its still counterpart by this class.

    The style hides the next output as long as nothing of ours is in it: JupyterLab writes an error there in a notebook
    that is reopened without its kernel, below a picture that shows everything.
    """
    mark = f"schillinger-static-{static_id}"
    style = f".jp-OutputArea-child:has(.{mark}) + .jp-OutputArea-child:has(.jupyter-widgets):not(:has(.sch))"
    return f'<style>{style} {{ display: none }}</style><div class="schillinger-static {mark}">{body}</div>'


def _picture(shown: Views) -> bytes | None:
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

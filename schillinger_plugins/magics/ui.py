"""``%plugin ui ID``: the panel of a UI plugin, and of every other its node.

Owns the way from a line to a panel or node: the plugin, the values in the user's namespace. What is drawn is the widgets'.
Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .arguments import parse
from .grants import ask_first
from .run import evaluate, refuse_unknown, required_id, sort
from .session import Session

if TYPE_CHECKING:
    from ..widgets import NodeWidget, PanelWidget


def ui(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> PanelWidget | NodeWidget:
    """Show the panel or node of a plugin; the widget is returned, for ``panel = %plugin ui ID``.

    Raises
    ------
    PluginError
        If it can't be loaded, or a value doesn't fit.
    """
    arguments = parse(line)
    plugin_id = required_id(arguments, "ui")
    ask_first(session, plugin_id)
    definition = session.manager.definition(plugin_id)
    refuse_unknown(definition, arguments, plugin_id)
    inputs, parameters = sort(definition, evaluate(session, arguments.values, local_ns))
    from ..widgets import node_view, panel_view

    manifest = session.manager.look(plugin_id).manifest
    if manifest is not None and manifest.metadata.plugin_type == "UI":
        return panel_view(session.manager, plugin_id, parameters=parameters)
    return node_view(session.manager, plugin_id, inputs=inputs, parameters=parameters)

"""node_view and node_of: the node of a plugin or of an instance, ready to be run.

Owns what binds a `NodeWidget` to the things it stands for: whose call Run makes, what is shown of permissions, which reloads
it follows. Called by the magics, by ``display`` and by people.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import PluginError
from ..permissions import described, described_grant, requests_of
from .node import NodeWidget
from .presets import SavedPresets

if TYPE_CHECKING:
    from ..events import Event
    from ..instance import Instance
    from ..manager import PluginManager


def node_view(
    manager: PluginManager,
    plugin_id: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> NodeWidget:
    """The node of a plugin, whose Run calls the manager's default instance, and which follows its reloads.

    Raises
    ------
    PluginError
        If the plugin can't be loaded, or a parameter doesn't fit.
    """
    return node_of(
        manager.default_instance(plugin_id),
        inputs=inputs,
        parameters=parameters,
        permissions=_standing(manager, plugin_id),
    )


def node_of(
    instance: Instance,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    permissions: Sequence[dict[str, Any]] | None = None,
) -> NodeWidget:
    """The node of one instance, which is what a bare instance draws.

    Raises
    ------
    InputError
        If a parameter doesn't fit.
    """
    plugin_id = instance.plugin_id
    widget = NodeWidget(
        instance.definition,
        run=instance.aexecute,
        inputs=inputs,
        parameters=parameters,
        plugin_id=plugin_id,
        level=str(instance.plugin.level),
        permissions=_in_force(instance) if permissions is None else permissions,
        read_audio=instance.read_audio,
        saved=SavedPresets(plugin_id),
    )
    reference = weakref.ref(widget)

    def on_reloaded(event: Event) -> None:
        node = reference()
        if node is not None and event.plugin_id == plugin_id:
            node.become(instance.definition)

    weakref.finalize(widget, instance.events.subscribe("reloaded", on_reloaded)).atexit = False
    return widget


def _standing(manager: PluginManager, plugin_id: str) -> list[dict[str, Any]] | None:
    """What needs a grant, and whether it has one now. None if that can't be told."""
    try:
        standings = manager.permissions.standing(manager.look(plugin_id))
    except PluginError:
        return None
    return [
        {
            "name": standing.request.permission,
            "granted": standing.is_met,
            "text": _words(standing.request.describe(), described_grant(standing.grant) if standing.grant else None),
        }
        for standing in standings
        if standing.request.needs_grant
    ]


def _in_force(instance: Instance) -> list[dict[str, Any]]:
    """What needs a grant, and what the instance's workers were given."""
    granted = instance.plugin.granted
    given = {"file_access": described(granted.read, granted.write, ()), "network": described((), (), granted.hosts)}
    has = {"file_access": bool(granted.read or granted.write), "network": bool(granted.hosts)}
    return [
        {
            "name": request.permission,
            "granted": has.get(request.permission, False),
            "text": _words(
                request.describe(), given[request.permission] if has.get(request.permission, False) else None
            ),
        }
        for request in requests_of(instance.plugin.manifest)
        if request.needs_grant
    ]


def _words(asked: str, granted: str | None) -> str:
    return f"granted: {granted}" if granted else f"not granted: {asked}"

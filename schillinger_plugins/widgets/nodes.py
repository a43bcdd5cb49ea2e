"""node_view and node_of: the node of a plugin or of an instance, ready to be run.

Owns what binds a `NodeWidget` to the things it stands for: whose call Run makes, what is shown of permissions, which reloads
it follows. Called by the magics, by ``display`` and by people.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PluginError
from ..events import EventName
from ..permissions import described, described_grant, requests_of
from ..policy import Granted
from .node import NodeWidget
from .presets import SavedPresets

if TYPE_CHECKING:
    from ..events import Event
    from ..instance import Instance
    from ..manager import PluginManager


_CONCERNS: tuple[EventName, ...] = ("reloaded", "granted", "revoked", "instance_destroyed")
"""What may change a node or its badge."""


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
    instance = manager.default_instance(plugin_id)
    return _bound(instance, lambda: _standing(manager, plugin_id) or _in_force(instance), inputs, parameters)


def node_of(
    instance: Instance,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> NodeWidget:
    """The node of one instance, which is what a bare instance draws.

    Raises
    ------
    InputError
        If a parameter doesn't fit.
    """
    return _bound(instance, lambda: _in_force(instance), inputs, parameters)


def _bound(
    instance: Instance,
    permissions: Callable[[], list[dict[str, Any]]],
    inputs: Mapping[str, Any] | None,
    parameters: Mapping[str, Any] | None,
) -> NodeWidget:
    """The node, which follows reloads, and on whose badge stands what `permissions` says now."""
    plugin_id = instance.plugin_id
    widget = NodeWidget(
        instance.definition,
        run=instance.aexecute,
        inputs=inputs,
        parameters=parameters,
        plugin_id=plugin_id,
        level=str(instance.plugin.level),
        permissions=permissions(),
        read_audio=instance.read_audio,
        saved=SavedPresets(plugin_id),
    )
    reference = weakref.ref(widget)

    def on_event(event: Event) -> None:
        node = reference()
        if node is None or event.plugin_id != plugin_id:
            return
        if event.name == "reloaded":
            node.become(instance.definition)
        node.permissions = permissions()

    for name in _CONCERNS:
        weakref.finalize(widget, instance.events.subscribe(name, on_event)).atexit = False
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
    """What needs a grant, and what the instance's workers were given; one that is destroyed has nothing any more."""
    granted = Granted() if instance.state == "destroyed" else instance.plugin.granted
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

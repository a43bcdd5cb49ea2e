"""node_view, node_of and panel_view: the node or panel of a plugin, or the node of an instance, ready to be used.

Owns what binds a widget to the things it stands for: whose call Run makes, what is shown of permissions, which reloads and
loads it follows. Called by the magics, by ``display`` and by people.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import InputError, PluginError
from ..events import EventName
from ..permissions import described, described_grant, requests_of
from ..policy import Granted
from .binding import Binding
from .node import NodeWidget
from .panel import PanelWidget
from .presets import SavedPresets

if TYPE_CHECKING:
    from ..events import Event, Events
    from ..instance import Instance
    from ..manager import PluginManager


_W = TypeVar("_W", NodeWidget, PanelWidget)

_CONCERNS: tuple[EventName, ...] = ("loaded", "reloaded", "granted", "revoked", "instance_destroyed")
"""What may change a node, its badge or a panel."""


def node_view(
    manager: PluginManager,
    plugin_id: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> NodeWidget:
    """The node of a plugin, whose Run calls the manager's default instance.

    It follows reloads. When the plugin was unloaded or its instance destroyed, the next run loads it and makes a new one.

    Raises
    ------
    PluginError
        If the plugin can't be loaded, or a parameter doesn't fit.
    """
    binding = Binding(manager, plugin_id)

    def prepare() -> None:
        if binding.renew() and (node := reference()) is not None:
            node.level = str(binding.instance.plugin.level)

    def permissions() -> list[dict[str, Any]]:
        return _standing(manager, plugin_id) or _in_force(binding.instance)

    instance = binding.instance
    widget = NodeWidget(
        instance.definition,
        run=binding.aexecute,
        prepare=prepare,
        inputs=inputs,
        parameters=parameters,
        plugin_id=plugin_id,
        level=str(instance.plugin.level),
        permissions=permissions(),
        read_audio=instance.read_audio,
        saved=SavedPresets(plugin_id),
    )
    reference = weakref.ref(widget)

    def on_event(node: NodeWidget, event: Event) -> None:
        _keep_up(manager, node, event)
        node.permissions = permissions()

    _follow(widget, manager.events, plugin_id, on_event)
    return widget


def node_of(
    instance: Instance,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> NodeWidget:
    """The node of one instance, which is what a bare instance draws. It ends with it.

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
        permissions=_in_force(instance),
        read_audio=instance.read_audio,
        saved=SavedPresets(plugin_id),
    )

    def on_event(node: NodeWidget, event: Event) -> None:
        if event.name == "reloaded":
            node.become(instance.definition)
        if event.name == "instance_destroyed" and event.instance_id == instance.id:
            node.end(f"{instance.id} was destroyed; %plugin ui {plugin_id} draws a node that goes on")
        node.permissions = _in_force(instance)

    _follow(widget, instance.events, plugin_id, on_event)
    return widget


def panel_view(manager: PluginManager, plugin_id: str, *, parameters: Mapping[str, Any] | None = None) -> PanelWidget:
    """The panel of a UI plugin, answered by the manager's default instance, and which follows its reloads.

    When the plugin was unloaded or its instance destroyed, the next event loads it and makes a new one.

    Raises
    ------
    PluginError
        If the plugin can't be loaded, is no UI plugin, or a parameter doesn't fit.
    """
    binding = Binding(manager, plugin_id)
    instance = binding.instance
    kind = instance.plugin.manifest.metadata.plugin_type
    if kind != "UI":
        raise InputError(
            f"only a UI plugin has a panel, and its type is {kind}",
            plugin_id=plugin_id,
            remedy=f"%plugin info {plugin_id} shows its node",
        )
    widget = PanelWidget(
        instance.definition,
        send=binding.on_event,
        prepare=binding.renew,
        parameters=parameters,
        plugin_id=plugin_id,
        level=str(instance.plugin.level),
    )
    _follow(widget, manager.events, plugin_id, lambda panel, event: _keep_up(manager, panel, event))
    return widget


def _keep_up(manager: PluginManager, widget: NodeWidget | PanelWidget, event: Event) -> None:
    """What is drawn is what is loaded; what was refused for want of a grant is not refused any more."""
    record = manager.plugins.get(event.plugin_id)
    definition = record.definition if record is not None else None
    if definition is not None and (
        event.name == "reloaded" or (event.name == "loaded" and not widget.shows(definition))
    ):
        widget.become(definition)
    if event.name == "granted":
        widget.forgive("PermissionDenied", "granted")


def _follow(widget: _W, events: Events, plugin_id: str, on_event: Callable[[_W, Event], None]) -> None:
    """Tell a widget what happens to its plugin, until it is closed or nobody holds it any more."""
    reference = weakref.ref(widget)

    def pass_on(event: Event) -> None:
        held = reference()
        if held is not None and held.comm is not None and event.plugin_id == plugin_id:
            on_event(held, event)

    for name in _CONCERNS:
        weakref.finalize(widget, events.subscribe(name, pass_on)).atexit = False


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

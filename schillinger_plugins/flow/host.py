"""Host: what a flow needs of the manager, which is one. Nothing else of the manager is known in this room."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..definition import NodeDefinition, Parameter
from ..events import Events
from ..instance import Instance
from ..recorder import Recorder
from ..registry import PluginRecord
from ..types import Audio, File


class Host(Protocol):
    """Finds plugins, makes instances of them and knows the journal."""

    events: Events
    recorder: Recorder

    @property
    def plugins(self) -> Mapping[str, PluginRecord]:
        """Those that are known."""

    def definition(self, plugin_id: str) -> NodeDefinition:
        """A plugin's definition; it is loaded if that takes it."""

    def create_instance(self, plugin_id: str, config: Mapping[str, Any] | None = None) -> Instance:
        """A new instance."""

    def destroy_instance(self, instance_id: str) -> None:
        """End it."""

    def read_audio(self, path: str | Path) -> Audio:
        """Decode a file, in a confined worker."""

    def read_file(self, parameter: Parameter, path: str) -> File:
        """What a file holds that a parameter names."""

    def seen_file(self, parameter: Parameter, path: str) -> tuple[int, int]:
        """Its size in bytes and the time of its last change in ns, if it could be read now."""


def known_definition(host: Host, plugin_id: str) -> NodeDefinition | None:
    """A plugin's definition as far as it is known without running anything."""
    record = host.plugins.get(plugin_id, None)
    return record.definition if record is not None else None

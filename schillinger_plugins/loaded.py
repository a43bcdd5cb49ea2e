"""A plugin that has been loaded: everything that is needed to start a worker with it.

Owns the plain data, and the conversation by which a fresh worker becomes one of its instances. Made by the manager, used by
``instance``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .definition import NodeDefinition
from .manifest import Manifest
from .policy import Granted
from .protocol.line import may_look
from .sandbox import conversation
from .sandbox.level import Level
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.sandbox import Profile, Sandbox
from .sandbox.steps import Conversation, OnFetch, OnProgress
from .sandbox.worker import Worker


@dataclass(frozen=True, kw_only=True)
class PluginCode:
    """The code of a plugin and the conditions under which it is run.

    Attributes
    ----------
    root : Path
        Its folder.
    copy : Path
        The private copy of it that workers run: new workers run what was loaded, even if the folder has changed since.
    content_hash : str
        Of that copy.
    """

    plugin_id: str
    root: Path
    copy: Path
    manifest: Manifest
    content_hash: str
    profile: Profile
    level: Level
    limits: Limits
    granted: Granted = field(default_factory=Granted)

    @property
    def facts(self) -> dict[str, str]:
        """Which code it is and how it is confined, by the names that spans have for it."""
        return {
            "plugin.version": self.manifest.metadata.version,
            "plugin.hash": self.content_hash,
            "sandbox.level": str(self.level),
        }

    def spawn(
        self, sandbox: Sandbox, log: Log, *, limits: Limits, on_fetch: OnFetch | None, on_progress: OnProgress | None
    ) -> Worker:
        """A confined worker that may read the copy and what was granted; the plugin is not in it yet."""
        worker = sandbox.spawn(
            profile=self.profile,
            log=log,
            limits=limits,
            readable=[self.copy, *self.granted.read],
            writable=self.granted.write,
            on_progress=on_progress,
        )
        worker.shown_as = log.trace.shown_as = (str(self.copy), str(self.root))
        worker.on_fetch = on_fetch
        return worker

    def start(self, worker: Worker, instance_id: str, config: Mapping[str, Any]) -> Conversation[Any]:
        """Have a worker import the plugin and make its instance; the node definition as it came, unchecked."""
        return conversation.start(
            worker,
            plugin_id=self.plugin_id,
            instance_id=instance_id,
            root=str(self.copy),
            main_file=self.manifest.main_file,
            plugin_type=self.manifest.metadata.plugin_type,
            config=dict(config),
            readable=[str(path) for path in self.granted.read],
            writable=[str(path) for path in self.granted.write],
            spare_core=may_look(),
        )


@dataclass(frozen=True, kw_only=True)
class LoadedPlugin(PluginCode):
    """A plugin whose code has been imported in a worker and whose definition has been checked."""

    definition: NodeDefinition

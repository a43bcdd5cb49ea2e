"""An attempt at a reload: what is known of it while it goes on, and how it is given up.

Owns the workers in which the new code is tried, for as long as nobody else does. Made by `Reloading`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..errors import PluginError
from ..loaded import LoadedPlugin, PluginCode
from ..sandbox.worker import Worker
from ..versions import Why
from ..watcher import Settled
from .example import has_something_to_try
from .following import Following


class Superseded(Exception):
    """The folder has changed again: what it held a moment ago is nobody's concern."""


@dataclass(slots=True)
class Attempt:
    """What is known of a reload while it goes on."""

    plugin_id: str
    why: Why
    replaced: LoadedPlugin
    following: Following
    settled: Settled | None = None
    began_s: float = field(default_factory=time.monotonic)
    plugin: LoadedPlugin | None = None
    worker: Worker | None = None
    left: dict[str, dict[str, str]] = field(default_factory=dict)
    example: str = ""

    def uses(self, worker: Worker) -> None:
        """Tried in this worker, which is of no use any more once the folder has changed: it may be in an endless loop."""
        self.worker = worker

    def expects(self, code: PluginCode) -> None:
        """If something of what served was tried, something of this will be, in a worker that can't serve any more."""
        if has_something_to_try(self.replaced):
            self.following.begin(code)

    def give_up(self) -> None:
        self.following.leave()
        if self.worker is not None:
            self.worker.kill(PluginError("its folder has changed meanwhile", plugin_id=self.plugin_id))

    def demand_rest(self) -> None:
        if self.settled is not None and not self.settled.holds():
            raise Superseded

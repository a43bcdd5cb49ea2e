"""PluginContext: what the host gives a plugin.

Owns the plugin's view of its surroundings: its configuration, its two folders, its logger, its seeded random generator and
the way to report progress. Refuses nothing by itself: what a plugin may do is decided by the kernel, not by this object.
Made by the worker, one for each instance; an author's tests can make one by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .fetch import FetchReply


def _ignore_progress(fraction: float, message: str) -> None:
    pass


def _no_network(method: str, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> FetchReply:
    raise PermissionError(f"this context has no host that could fetch {url}")


@dataclass(kw_only=True)
class PluginContext:
    """The surroundings of one plugin instance.

    Parameters
    ----------
    plugin_id : str
        The plugin's id.
    instance_id : str
        Unique among the instances of a manager.
    config : Mapping[str, Any]
        ``default_config`` overlaid with what the user set, already checked against ``config_schema``.
    plugin_dir : Path
        The plugin's own folder; read-only.
    scratch : Path
        A private folder, writable, wiped when the instance ends. Also the home folder and the place of temporary files.
    log : logging.Logger
        Lines written to it appear in ``%plugin logs``; what is given as ``extra`` follows the message as ``key=value``.
    readable, writable : tuple of Path
        Folders outside that the user granted (permission ``file_access``); the writable ones can be read, too.
    seed : int
        What this call's random numbers start from.
    cancelled : bool
        Whether the user has interrupted the running call. Python code is stopped by a KeyboardInterrupt; a thread, or a loop
        that catches everything, looks here.
    """

    plugin_id: str = "test"
    instance_id: str = "test-1"
    config: Mapping[str, Any] = field(default_factory=dict)
    plugin_dir: Path = Path()
    scratch: Path = Path()
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("plugin"))
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    seed: int = 0
    on_progress: Callable[[float, str], None] = _ignore_progress
    on_fetch: Callable[[str, str, Mapping[str, str], bytes, float], FetchReply] = _no_network
    cancelled: bool = field(default=False, init=False)
    _random: np.random.Generator | None = field(default=None, init=False, repr=False)

    @property
    def random(self) -> np.random.Generator:
        """Random numbers, seeded anew for every call.

        Results that use it (or Python's ``random`` and ``np.random``, which are seeded too) are repeatable from the seed in
        the result's provenance. Ask for it within the call: one that is kept from an earlier call goes on where it was.
        """
        if self._random is None:
            self._random = np.random.default_rng(self.seed)
        return self._random

    def reseed(self, seed: int) -> None:
        """Begin the random numbers of the next call. The worker does so before each; a test may, too."""
        self.seed = seed
        self._random = None

    def progress(self, done: float, total: float = 1.0, message: str = "") -> None:
        """Tell the user how far a long call has come.

        Parameters
        ----------
        done, total : float
            How much is done of how much there is, in any unit; without a total a fraction from 0 to 1. Clipped.
        message : str
            What is being done, for example ``"tracking beats"``.
        """
        fraction = float(done) / float(total) if total else 1.0
        self.on_progress(min(1.0, max(0.0, fraction)), str(message))

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 30.0,
    ) -> FetchReply:
        """Have the host make a request over HTTP, to a host that the user granted (permission ``network``).

        Parameters
        ----------
        url : str
            ``https://…``, or ``http://…`` where a port was granted for that.
        timeout_s : float
            For all of it, redirects and body included.

        Raises
        ------
        PermissionError
            If the host is not among those granted; the message says how to grant it.
        OSError
            If the request fails, or is larger than may be.
        """
        return self.on_fetch(method, url, headers or {}, body, timeout_s)

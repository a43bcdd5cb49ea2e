"""How a plugin's request reaches the broker.

Owns the translation between the frames of the protocol and the broker, and the entry that each request makes in the
trace; of one that was refused the log has a line, too, so that the journal has it with its run. Called by ``instance``
and the manager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .loaded import PluginCode
from .protocol import frames
from .sandbox.log import Log

REFUSED = "refused"

if TYPE_CHECKING:
    from .broker import Broker, FetchRecord


class Fetcher:
    """Fetches for one worker of a plugin, from the hosts that were granted; every request leaves an entry in the trace."""

    def __init__(self, plugin: PluginCode, log: Log) -> None:
        self._plugin = plugin
        self._log = log
        self._broker: Broker | None = None

    def __call__(self, asked: frames.Fetch, body: bytes) -> frames.Fetched:
        """Make a request."""
        # Imported when a plugin first asks: most never do.
        from .broker import Broker, FetchRequest

        if self._broker is None:
            self._broker = Broker(
                plugin_id=self._plugin.plugin_id, hosts=self._plugin.granted.hosts, record=self._record
            )
        reply = self._broker.fetch(
            FetchRequest(
                method=asked.method, url=asked.url, headers=asked.headers, body=body, timeout_s=asked.timeout_s
            )
        )
        return frames.Fetched(reply.status, reply.url, reply.headers, reply.body)

    def interrupt(self) -> None:
        """End what is under way: the call that it is for was interrupted."""
        if self._broker is not None:
            self._broker.interrupt()

    def close(self) -> None:
        """End what is under way: its worker has ended."""
        if self._broker is not None:
            self._broker.close()

    def _record(self, made: FetchRecord) -> None:
        status = f" {made.status}" if made.status else ""
        if made.outcome.startswith(REFUSED):
            self._log.say(f"{made.method} {made.url} was {made.outcome}")
        self._log.trace.add(
            "fetch",
            f"{made.method} {made.url} {made.outcome}{status}, "
            f"{made.sent_bytes} bytes sent, {made.received_bytes} received, {made.wall_s:.2f} s",
        )

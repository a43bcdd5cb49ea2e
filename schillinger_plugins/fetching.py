"""How a plugin's request reaches the broker.

Owns the translation between the frames of the protocol and the broker, and the entry that each request makes in the
trace. Called by ``instance`` and the manager.
"""

from __future__ import annotations

from .loaded import PluginCode
from .protocol import frames
from .sandbox.conversation import OnFetch
from .sandbox.trace import Trace


def fetcher(plugin: PluginCode, trace: Trace) -> OnFetch:
    """What fetches for a plugin, from the hosts that were granted to it; every request leaves an entry in `trace`."""
    # Imported when a plugin first asks: most never do.
    broker = None

    def fetch(asked: frames.Fetch, body: bytes) -> frames.Fetched:
        nonlocal broker
        from .broker import Broker, FetchRecord, FetchRequest

        def record(made: FetchRecord) -> None:
            trace.add(
                "fetch",
                f"{made.method} {made.url} {made.outcome}{f' {made.status}' if made.status else ''}, "
                f"{made.sent_bytes} bytes sent, {made.received_bytes} received, {made.wall_s:.2f} s",
            )

        if broker is None:
            broker = Broker(plugin_id=plugin.plugin_id, hosts=plugin.granted.hosts, record=record)
        reply = broker.fetch(
            FetchRequest(
                method=asked.method, url=asked.url, headers=asked.headers, body=body, timeout_s=asked.timeout_s
            )
        )
        return frames.Fetched(reply.status, reply.url, reply.headers, reply.body)

    return fetch

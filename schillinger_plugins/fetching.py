"""How a plugin's request reaches the broker.

Owns the translation between the frames of the protocol and the broker, and the entry that each request makes in the
trace. Called by ``instance``.
"""

from __future__ import annotations

from .loaded import PluginCode
from .sandbox.conversation import OnFetch
from .sandbox.trace import Trace


def fetcher(plugin: PluginCode, trace: Trace) -> OnFetch | None:
    """What fetches for a plugin; None if no host was granted to it."""
    return None

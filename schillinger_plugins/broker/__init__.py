"""The broker: fetches over HTTP for plugins that were granted hosts.

A plugin has no socket. It asks, and the host process fetches: ``place`` reads a URL, once, into what will be asked of
whom; ``address`` finds where that host is and refuses what is private; ``wire`` carries a request there within its time;
and `Broker` holds the rules. Called by ``fetching``.
"""

from __future__ import annotations

from .broker import Broker, FetchRecord, FetchReply, FetchRequest

__all__ = ["Broker", "FetchRecord", "FetchReply", "FetchRequest"]

"""The broker: fetches over HTTP for plugins that were granted hosts.

A plugin has no socket. It asks, and the host process fetches: ``place`` reads a URL, once, into what will be asked of
whom; ``headers`` what is said beside it; ``address`` finds where that host is and refuses what is private;
``connection`` gets there, within the time; ``wire`` asks and reads the answer; ``allowance`` counts; and `Broker` holds
the rules. Called by ``fetching``.
"""

from __future__ import annotations

from .broker import Broker, FetchRecord, FetchReply, FetchRequest
from .limits import FetchLimits

__all__ = ["Broker", "FetchLimits", "FetchRecord", "FetchReply", "FetchRequest"]

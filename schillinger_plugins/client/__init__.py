"""Client: a server's plugins, flows and runs, as if they were here.

Owns the way of values over HTTP, and that what fails there raises here what it would raise in a notebook. Thin over the
addresses of ``server``: whoever knows those knows this. Refuses nothing by itself. Used by scripts on other machines; needs
the extra ``client``. `client` has the methods, `remote` what they return, `answers` the types of what is plain data,
`stream` what is told as it happens, and `problems` the errors.
"""

from __future__ import annotations

from .answers import (
    Ask,
    FlowProblem,
    FlowSummary,
    InstanceDetails,
    LogLine,
    NodeDetails,
    PluginDetails,
    PluginSummary,
    RunDetails,
    Wish,
)
from .client import Client
from .remote import RemoteInstance, RemoteResult, RemoteRun, SavedFlow

__all__ = [
    "Ask",
    "Client",
    "FlowProblem",
    "FlowSummary",
    "InstanceDetails",
    "LogLine",
    "NodeDetails",
    "PluginDetails",
    "PluginSummary",
    "RemoteInstance",
    "RemoteResult",
    "RemoteRun",
    "RunDetails",
    "SavedFlow",
    "Wish",
]

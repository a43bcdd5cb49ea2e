"""Answers: what a server says that is plain data, as types.

Owns nothing but the names; a test holds them against the server's own page. Called by the rest of the room.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

Problem = dict[str, Any]
"""RFC 9457: title, status, detail, remedy, and what else is known."""


class PluginSummary(TypedDict):
    """A plugin in the list."""

    id: str
    name: str
    version: str | None
    plugin_type: str | None
    category: str | None
    description: str
    state: str
    error: Problem | None


class Wish(TypedDict):
    """A permission that a plugin's manifest asks for."""

    permission: str
    wants: str
    reason: str


class PluginDetails(PluginSummary):
    """All that is known of a plugin without running it."""

    content_hash: str | None
    manifest: dict[str, Any] | None
    definition: dict[str, Any] | None
    asks_for: list[Wish]
    instances: list[str]


class LogLine(TypedDict):
    """A line that a plugin has written, or said through its log."""

    at: str
    instance_id: str
    level: str
    text: str
    run_id: str
    version: str


class InstanceDetails(TypedDict):
    """An instance, now."""

    id: str
    user: str
    plugin_id: str
    state: str
    waiting: int
    memory_bytes: int
    peak_memory_bytes: int
    growth_bytes_per_call: float
    leaks: bool
    pace: dict[str, float]
    stats: dict[str, Any]
    config: dict[str, Any]


class NodeDetails(TypedDict):
    """How it stands with a node of a flow that runs."""

    state: str
    progress: float
    message: str
    wall_s: float | None
    problem: Problem | None


class RunDetails(TypedDict):
    """A call, or a run of a flow: going on, or what it came to. The last three are there once it is asked for itself."""

    id: str
    user: str
    instance_id: str | None
    plugin_id: str | None
    flow: str | None
    state: str
    progress: float
    message: str
    started_at: str
    nodes: dict[str, NodeDetails] | None
    problem: Problem | None
    outputs: NotRequired[dict[str, Any] | None]
    stats: NotRequired[dict[str, Any] | None]
    provenance: NotRequired[dict[str, Any] | None]


class Ask(TypedDict):
    """What a user has asked that a plugin may do."""

    id: str
    plugin_id: str
    permission: str
    wants: str
    reason: str
    user: str


class FlowProblem(TypedDict):
    """What is wrong with a flow, at the node or edge where it is."""

    message: str
    node: str
    edge: str
    port: str
    remedy: str
    fixes: list[dict[str, str]]


class FlowSummary(TypedDict):
    """A flow in the list."""

    name: str
    bytes: int
    saved_at: str

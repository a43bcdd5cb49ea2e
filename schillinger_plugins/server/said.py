"""What clients say and are told: the bodies of requests and responses.

Owns their fields, from which the OpenAPI page comes. A request is read strictly: an unknown key is refused, and a wrong
value named with its place. Called by the routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field

from ..errors import InputError

if TYPE_CHECKING:
    from starlette.requests import Request

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=1000, description="at most so many")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="after so many")]
PluginId = Annotated[str, Path(examples=["gain_node"])]
InstanceId = Annotated[str, Path(examples=["gain_node-1"])]
RunId = Annotated[str, Path(examples=["9f3a61c2-17"])]
AskId = Annotated[str, Path(examples=["0f2a3b4c5d6e7f80"])]
OutputName = Annotated[str, Path(examples=["audio"], description="of a flow: the id of a node")]
FlowName = Annotated[str, Path(examples=["study"], pattern="^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$")]


class NewInstance(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a new instance."""

    config: dict[str, Any] = msgspec.field(default_factory=dict)


class Execution(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a call."""

    inputs: dict[str, Any] = msgspec.field(default_factory=dict)
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    limits: dict[str, float] = msgspec.field(default_factory=dict)
    seed: int | None = None


class FlowCall(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a flow's run."""

    inputs: dict[str, Any] = msgspec.field(default_factory=dict)
    files: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    nodes: list[str] | None = None
    seed: int | None = None


class DraftCall(FlowCall, forbid_unknown_fields=True, kw_only=True):
    """The body of a run of a flow that isn't saved, with the flow as React Flow has it."""

    flow: msgspec.Raw


Call = TypeVar("Call", Execution, FlowCall, DraftCall)


class Page(BaseModel):
    """A part of a list."""

    total: int = Field(description="how many there are in all", examples=[1])
    offset: int = Field(examples=[0])
    limit: int = Field(examples=[100])


class PluginSummary(BaseModel):
    """A plugin in the list."""

    id: str = Field(examples=["gain_node"])
    name: str = Field(examples=["Gain"])
    version: str | None = Field(examples=["1.0.0"])
    plugin_type: str | None = Field(examples=["NODE"])
    category: str | None = Field(examples=["Audio Processing"])
    description: str = Field(examples=["Makes a sound louder or quieter."])
    state: str = Field(description="discovered, loaded or broken", examples=["discovered"])
    error: dict[str, Any] | None = Field(default=None, description="why it is broken, as a problem")


class PluginList(Page):
    """A page of plugins."""

    plugins: list[PluginSummary]


class LogDetails(BaseModel):
    """A line that a plugin has written, or said through its log."""

    at: str = Field(description="when the host read it", examples=["2026-11-28T12:00:00.000+00:00"])
    instance_id: str = Field(examples=["gain_node-1"])
    level: str = Field(description="debug, info, warning, error, host; empty for what it printed", examples=["info"])
    text: str = Field(examples=["ready"])
    run_id: str = Field(description="of the call that it belongs to, as in the call's provenance")
    version: str = Field(description="of the plugin", examples=["1.0.0"])


class LogList(Page):
    """A page of what a plugin has said, the newest line first."""

    lines: list[LogDetails]


class AskDetails(BaseModel):
    """What a user has asked that a plugin may do."""

    id: str = Field(examples=["0f2a3b4c5d6e7f80"])
    plugin_id: str = Field(examples=["musicbrainz_lookup"])
    permission: str = Field(examples=["network"])
    wants: str = Field(description="the folders or hosts", examples=["reach musicbrainz.org"])
    reason: str = Field(description="why, as the plugin's author says", examples=["looks recordings up"])
    user: str = Field(description="who has asked", examples=["ada"])


class AskList(Page):
    """A page of what waits for an answer."""

    asks: list[AskDetails]


class FlowRemedy(BaseModel):
    """Something that would mend a problem as it is: use another version or plugin, remove an edge, reset a parameter."""

    label: str = Field(examples=["remove the edge"])
    do: str = Field(description="use, disconnect, reset or grant", examples=["disconnect"])
    plugin: str = ""
    version: str = ""


class FlowProblem(BaseModel):
    """What is wrong with a flow, at the node or edge where it is."""

    message: str = Field(examples=["the input 'audio' of 'gain_node' is missing"])
    node: str = Field(default="", examples=["gain_node"])
    edge: str = ""
    port: str = Field(default="", description="the input, output or parameter that it is about", examples=["audio"])
    remedy: str = Field(default="", examples=["connect an output to it (audio)"])
    fixes: list[FlowRemedy] = []


class FlowProblems(BaseModel):
    """All that is wrong with a flow; the first 500."""

    problems: list[FlowProblem]


class FlowSummary(BaseModel):
    """A flow in the list."""

    name: str = Field(examples=["study"])
    bytes: int = Field(examples=[640])
    saved_at: str = Field(examples=["2026-11-28T12:00:00.000+00:00"])


class FlowList(Page):
    """A page of the flows that are saved, by name."""

    flows: list[FlowSummary]


class Wish(BaseModel):
    """A permission that a plugin's manifest asks for."""

    permission: str = Field(examples=["network"])
    wants: str = Field(description="what it would do with it", examples=["reach musicbrainz.org"])
    reason: str = Field(description="why, as the plugin's author says", examples=["looks recordings up"])


class PluginDetails(PluginSummary):
    """All that is known of a plugin without running it."""

    content_hash: str | None = None
    manifest: dict[str, Any] | None = Field(default=None, description="plugin.json")
    definition: dict[str, Any] | None = Field(
        default=None, description="its node, for React Flow; null until it is loaded, if its manifest has none"
    )
    asks_for: list[Wish] = Field(default=[], description="its permissions; none is granted by being asked for")
    instances: list[str] = []


class InstanceDetails(BaseModel):
    """An instance, now."""

    id: str = Field(examples=["gain_node-1"])
    user: str = Field(description="who has made it; owner: whoever has started the server", examples=["ada"])
    plugin_id: str = Field(examples=["gain_node"])
    state: str = Field(description="running, ready, resting or destroyed", examples=["ready"])
    waiting: int
    memory_bytes: int
    peak_memory_bytes: int
    growth_bytes_per_call: float
    leaks: bool
    pace: dict[str, float] = Field(description="calls a minute, and percentiles of their time")
    stats: dict[str, Any]
    config: dict[str, Any]


class InstanceList(Page):
    """A page of instances."""

    instances: list[InstanceDetails]


class NodeDetails(BaseModel):
    """How it stands with a node of a flow that runs."""

    state: str = Field(description="queued, running, done, cached, failed, blocked or cancelled", examples=["done"])
    progress: float = Field(examples=[1.0])
    message: str = Field(default="", description="what the plugin says it does, or why the node failed")
    wall_s: float | None = Field(default=None, examples=[0.001])
    problem: dict[str, Any] | None = None


class RunDetails(BaseModel):
    """A call: going on, or what it came to."""

    id: str = Field(description="which the journal, the logs and the events know it by", examples=["9f3a61c2-17"])
    user: str = Field(description="in whose name it was begun", examples=["ada"])
    instance_id: str | None = Field(default=None, description="null for a run of a flow")
    plugin_id: str | None = None
    flow: str | None = Field(default=None, description="of which flow it is a run; empty: of one that isn't saved")
    state: str = Field(description="running, done, failed or cancelled", examples=["done"])
    progress: float
    message: str
    started_at: str
    nodes: dict[str, NodeDetails] | None = Field(
        default=None, description="of a flow: how it stands with each node that has been come to"
    )
    outputs: dict[str, Any] | None = Field(
        default=None, description="by name; a sound, a figure and a large array as the address of its data"
    )
    stats: dict[str, Any] | None = None
    provenance: dict[str, Any] | None = Field(default=None, description="what is needed to repeat it")
    problem: dict[str, Any] | None = None


class RunList(Page):
    """A page of the runs that are known, the newest first."""

    runs: list[RunDetails]


class ProblemDetails(BaseModel):
    """RFC 9457."""

    type: str
    title: str = Field(description="the error's class, as in Python", examples=["InputError"])
    status: int = Field(examples=[422])
    detail: str
    remedy: str | None = None
    plugin_id: str | None = None
    path: str | None = Field(default=None, examples=["$.parameters.gain_db"])


async def read(request: Request, kind: type[T]) -> T:
    """The body of a request.

    Raises
    ------
    InputError
        If it is no JSON, or not such a body; an empty one has its defaults.
    """
    return parsed(await request.body(), kind)


def parsed(data: bytes, kind: type[T]) -> T:
    """A body that has been read; see `read`."""
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        message, _, path = str(error).partition(" - at ")
        raise InputError(
            f"the body can't be read: {message or 'nested too deep'}",
            path=path.strip("`") or None,
            remedy="GET /openapi.json describes it",
        ) from error


_KEYS = ("type", "properties", "required")


def body_of(kind: type) -> dict[str, Any]:
    """The request body for the OpenAPI page."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/{name}")
    inner = components[kind.__name__]
    assert schema
    return {"content": {"application/json": {"schema": {key: inner[key] for key in _KEYS if key in inner}}}}

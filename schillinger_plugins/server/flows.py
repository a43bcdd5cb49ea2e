"""Routes about flows: save, list, fetch, look over, run (saved or not), delete.

A document is hostile until `flow.document` has parsed it. A run is one as of a plugin, with the same addresses for progress,
cancelling and results, which are a node's outputs under the node's id. Its instances are made for it and end with it.
Refuses to read a file of this machine for whoever writes its name into a flow. Called by ``app``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from ..errors import InputError
from ..flow import Flow, FlowEvent, FlowRun
from ..flow.document import OURS, Document, read
from . import asking, bare, heard, said, sound
from .crossing import plain
from .instances import answer_of
from .problems import Problem, problem_of
from .runs import NodeStanding, Run, Runs
from .scopes import MANAGE, READ, RUN, Refused
from .sent_files import SentFiles
from .shelf import Changed, Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from ..definition import NodeDefinition, Parameter
    from ..instance import Instance
    from ..manager import PluginManager
    from ..registry import PluginRecord
    from ..types import Audio, File

router = APIRouter(prefix="/api/flows", tags=["flows"])

_ENDING_S = 10.0
"""How long a run that is cancelled may take to end."""

_MAX_PROBLEMS = 500

_BESIDE = (
    'send multipart/form-data: {"flow": …} in the part `request`, and each sound or array as a file in a part that is named '
    "after its input"
)
"""How what is sent as it is comes with a flow that isn't saved."""

_DOCUMENT: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}


@router.get("", dependencies=[Depends(READ)])
def list_flows(request: Request, limit: said.Limit = 100, offset: said.Offset = 0) -> said.FlowList:
    """The flows that are saved, in pages, by name."""
    found = _shelf(request).all()
    page = [said.FlowSummary(**asdict(one)) for one in found[offset : offset + limit]]
    return said.FlowList(flows=page, total=len(found), offset=offset, limit=limit)


@router.post("/problems", dependencies=[Depends(RUN)], openapi_extra={"requestBody": {**_DOCUMENT, "required": True}})
async def flow_problems(request: Request) -> said.FlowProblems:
    """What keeps a flow from running, of one that needn't be saved. Nothing of it is run."""
    body, host = await request.body(), _Closed(request.app.state.manager)
    return await asyncio.to_thread(_problems_of, body, host)


@router.get("/{name}", dependencies=[Depends(READ)])
def fetch_flow(request: Request, response: Response, name: said.FlowName) -> dict[str, Any]:
    """A flow, as React Flow has it, with an ETag."""
    document, tag = _shelf(request).get(name)
    response.headers["ETag"] = tag
    return document.as_dict()


@router.put(
    "/{name}",
    dependencies=[Depends(MANAGE)],
    openapi_extra={"requestBody": {**_DOCUMENT, "required": True}},
    responses={201: {"model": said.FlowSummary, "description": "Saved under a new name"}},
)
async def save_flow(
    request: Request,
    response: Response,
    name: said.FlowName,
    if_match: Annotated[
        str | None, Header(max_length=200, description="the ETag it was fetched with: 412 if somebody has saved since")
    ] = None,
) -> said.FlowSummary:
    """Save a flow under a name, in place of what was there (200) or as a new one (201)."""
    body = await request.body()
    shelf = _shelf(request)
    try:
        is_new, tag = await asyncio.to_thread(lambda: shelf.put(name, read(body), unchanged_since=if_match))
    except Changed:
        detail = f"the flow {name!r} is another one than you have"
        raise Refused(Problem(412, "Changed", detail, "fetch it, and put your changes into that one")) from None
    response.headers["ETag"] = tag
    response.status_code = 201 if is_new else 200
    return said.FlowSummary(**asdict(next(one for one in shelf.all() if one.name == name)))


@router.delete("/{name}", status_code=204, dependencies=[Depends(MANAGE)])
def delete_flow(request: Request, name: said.FlowName) -> None:
    """Forget a flow. Its runs go on."""
    _shelf(request).remove(name)


_RUN_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "What it gave", "content": sound.CONTENT},
    202: {"model": said.RunDetails, "description": "It goes on"},
}
Wait = Annotated[bool, Query(description="true: answer when it has ended, with what it gave")]


@router.post(
    "/runs",
    dependencies=[Depends(RUN)],
    response_model=said.RunDetails,
    openapi_extra={"requestBody": {**asking.body_of(said.DraftCall), "required": True}},
    responses=_RUN_ANSWERS,
)
async def run_draft(
    request: Request,
    response: Response,
    wait: Wait = False,
    output: Annotated[str | None, heard.NODE] = None,
    port: Annotated[str | None, heard.PORT] = None,
) -> Any:
    """Run a flow that isn't saved, and won't be: it is in the body (``flow``), beside what a saved one is run with."""
    bare.refuse(request, what="the flow", remedy=_BESIDE)
    host = _Closed(request.app.state.manager)
    drawn: list[tuple[Document, SentFiles]] = []

    async def takes_of(call: said.DraftCall) -> asking.Takes:
        document = await asyncio.to_thread(read, bytes(call.flow))
        drawn.append((document, SentFiles(document, host, plugin_id="")))
        return asking.Takes(_Inputs(document), drawn[0][1].parameter)

    call, inputs, parts = await asking.asked(request, said.DraftCall, takes_of, plugin_id="")
    document, sent = drawn[0]
    await asyncio.to_thread(sent.take, call.files, parts)
    return await _run(request, response, Asked("", document, host, call, inputs, sent), wait, output, port)


@router.post(
    "/{name}/runs",
    dependencies=[Depends(RUN)],
    response_model=said.RunDetails,
    openapi_extra={"requestBody": bare.body_of(said.FlowCall)},
    responses=_RUN_ANSWERS,
)
async def run_flow(
    request: Request,
    response: Response,
    name: said.FlowName,
    wait: Wait = False,
    input: Annotated[str | None, bare.INPUT] = None,
    output: Annotated[str | None, heard.NODE] = None,
    port: Annotated[str | None, heard.PORT] = None,
) -> Any:
    """Run a flow. With ``nodes`` only these and what leads to them; what its inputs get is in ``inputs``, by their names.

    What parameters of its nodes get that are files is in ``files``, by node and parameter: ``{"name": "…", "base64": "…"}``;
    or it comes as a part called ``NODE.PARAMETER``.

    The body may be the sound or the array of one input (``Content-Type: audio/flac``, ``application/x-npy``). With
    ``Accept: audio/wav`` or ``audio/flac`` who waits is answered with the sound that a node gives, and ``Location`` says
    where all of it is.
    """
    document, _ = await asyncio.to_thread(_shelf(request).get, name)
    host = _Closed(request.app.state.manager)
    ports, sent = _Inputs(document), SentFiles(document, host, plugin_id=name)
    call = said.FlowCall()
    parts: dict[str, File] = {}
    if bare.is_body(request):
        inputs = await bare.taken(request, ports.inputs, input, plugin_id=name)
    else:
        takes = asking.Takes(ports, sent.parameter)
        call, inputs, parts = await asking.asked(request, said.FlowCall, takes, plugin_id=name)
    await asyncio.to_thread(sent.take, call.files, parts)
    return await _run(request, response, Asked(name, document, host, call, inputs, sent), wait, output, port)


@dataclass(frozen=True)
class Asked:
    """A flow that is to run: its name, if it is saved, and what with."""

    name: str
    document: Document
    host: _Closed
    call: said.FlowCall
    inputs: Mapping[str, Any]
    files: SentFiles


async def _run(
    request: Request, response: Response, asked: Asked, wait: bool, output: str | None, port: str | None
) -> Any:
    runs: Runs = request.app.state.runs
    form = sound.wanted(request) if wait else None
    meant = None
    if form is not None:
        find = partial(heard.heard_of, asked.document, asked.host.definition, output, port, flow=asked.name)
        meant = await asyncio.to_thread(find)

    run = runs.begin(lambda run: _carry_out(run, asked), flow=asked.name)
    answer = await answer_of(request, response, run, wait=wait)
    if form is None or meant is None or run.state != "done" or run.result is None:
        return answer
    value = meant.of(run.result)
    data = await asyncio.to_thread(sound.encoded, value, form, plugin_id=asked.name, name=f"{meant.node}.{meant.port}")
    return Response(data, media_type=form, headers={"Location": response.headers["Location"]})


@dataclass(frozen=True)
class _Provenance:
    held: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.held


class FlowOutcome(Mapping[str, Any]):
    """What a flow gave: of each node its outputs."""

    def __init__(self, run: FlowRun) -> None:
        self._results = {node: dict(result) for node, result in run.items()}
        self.stats = {"wall_s": run.wall_s, "states": dict(run.states), "cached": list(run.cached)}
        self.provenance = _Provenance(plain(run.provenance, ""))
        self.inputs: Mapping[str, Any] = {}

    def __getitem__(self, node: str) -> Any:
        return self._results[node]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def items(self) -> ItemsView[str, Any]:
        """The outputs of each node, by its id."""
        return self._results.items()


async def _carry_out(run: Run, asked: Asked) -> FlowOutcome:
    call = asked.call
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def hear(event: FlowEvent) -> None:
        if event.kind == "node":
            problem = problem_of(event.error).as_dict() if event.error is not None else None
            run.nodes[event.node] = NodeStanding(event.state, event.progress, event.message, event.wall_s, problem)
        if event.kind == "ended":
            loop.call_soon_threadsafe(over.set)

    def start() -> Flow:
        data = asked.document.as_dict()
        data[OURS].setdefault("name", asked.name)  # what the journal calls it
        flow = Flow.from_dict(data, asked.host)
        flow.events.subscribe(hear)
        try:
            asked.files.hold(flow)
            flow.start(call.nodes, inputs=asked.inputs, on_progress=run.on_progress, seed=call.seed, strict=True)
        except BaseException:
            flow.close()
            raise
        return flow

    starting = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        flow = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # The thread can't be stopped: what it makes is ended when it is there.
        starting.add_done_callback(lambda made: None if made.exception() else loop.run_in_executor(None, _end, made))
        raise
    try:
        await over.wait()
    except asyncio.CancelledError:
        flow.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), _ENDING_S)
        raise
    finally:
        running = flow.running
        if running is not None:
            await asyncio.to_thread(running.wait, _ENDING_S)
        await asyncio.shield(asyncio.to_thread(flow.close))
    assert flow.last is not None
    run.result = outcome = await asyncio.to_thread(FlowOutcome, flow.last)  # what the others gave is there if one fails
    flow.last.demand_success()
    return outcome


def _problems_of(body: bytes, host: _Closed) -> said.FlowProblems:
    flow = Flow.from_dict(read(body).as_dict(), host)
    try:
        found = flow.problems()[:_MAX_PROBLEMS]
    finally:
        flow.close()
    return said.FlowProblems(problems=[said.FlowProblem.model_validate(one, from_attributes=True) for one in found])


def _end(made: asyncio.Future[Flow]) -> None:
    made.result().close()


class _Closed:
    """The manager as a flow's host, but for one thing: no file of this machine is read for a client."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self.events, self.recorder = manager.events, manager.recorder

    @property
    def plugins(self) -> Mapping[str, PluginRecord]:
        return self._manager.plugins

    def definition(self, plugin_id: str) -> NodeDefinition:
        return self._manager.definition(plugin_id)

    def create_instance(self, plugin_id: str, config: Mapping[str, Any] | None = None) -> Instance:
        return self._manager.create_instance(plugin_id, config)

    def destroy_instance(self, instance_id: str) -> None:
        self._manager.destroy_instance(instance_id)

    def read_audio(self, path: str | Path) -> Audio:
        raise InputError(
            "a sound is expected, and files of the server are not read",
            remedy="send the sound as a part of multipart/form-data",
        )

    def read_file(self, parameter: Parameter, path: str) -> File:
        raise InputError(
            "a file's content is expected, and files of the server are not read",
            remedy='send it with the run: "files": {NODE: {"' + parameter.name + '": {"name": "…", "base64": "…"}}}',
        )

    def seen_file(self, parameter: Parameter, path: str) -> tuple[int, int]:
        self.read_file(parameter, path)
        raise AssertionError


class _Inputs:
    """The inputs of a flow, by their names."""

    def __init__(self, document: Document) -> None:
        nodes = [node for node in document.graph.nodes.values() if node.kind == "input"]
        named = ((str(node.data.get("name") or node.id), str(node.data.get("type") or "any")) for node in nodes)
        self._inputs = {name: _Input(name, type) for name, type in named}

    @property
    def inputs(self) -> Sequence[_Input]:
        return tuple(self._inputs.values())

    def input(self, name: str) -> _Input | None:
        return self._inputs.get(name)


@dataclass(frozen=True)
class _Input:
    name: str
    type: str


def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf

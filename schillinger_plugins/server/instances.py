"""Routes about instances and runs: create, look, execute, fetch, cancel, destroy.

Owns the two ways to call: wait for the outputs, or be told where they will be (``wait=false``). Called by ``app``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from ..errors import UnknownPlugin, nearest
from ..instance import Instance
from ..result import Result
from ..status import status_of
from ..types import Audio
from . import asking, bare, crossing, said, sound
from .access import OWNER
from .problems import Problem, response_of
from .runs import Run, Runs
from .scopes import READ, RUN, Refused, sight_of, user_of

if TYPE_CHECKING:
    from ..manager import PluginManager

router = APIRouter(prefix="/api/plugins")


def _manager(request: Request) -> PluginManager:
    manager: PluginManager = request.app.state.manager
    return manager


def _runs(request: Request) -> Runs:
    runs: Runs = request.app.state.runs
    return runs


@router.post(
    "/{plugin_id}/instances",
    status_code=201,
    dependencies=[Depends(RUN)],
    tags=["instances"],
    openapi_extra={"requestBody": said.body_of(said.NewInstance)},
)
async def create_instance(
    request: Request,
    response: Response,
    plugin_id: said.PluginId,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> said.InstanceDetails:
    """A new instance; the plugin is loaded if need be. The same Idempotency-Key gives the same instance again."""
    asked = await said.read(request, said.NewInstance)
    once = request.app.state.once
    instance = await once.make(
        (user_of(request), plugin_id, idempotency_key) if idempotency_key else None,
        asked.config,
        lambda: asyncio.to_thread(_manager(request).create_instance, plugin_id, asked.config),
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/plugins/instances/{instance.id}"
    return _details(instance)


@router.get("/instances", dependencies=[Depends(READ)], tags=["instances"])
def list_instances(request: Request, limit: said.Limit = 100, offset: said.Offset = 0) -> said.InstanceList:
    """The user's instances, or everybody's for who manages, in pages."""
    found = seen(request)
    page = [_details(one) for one in found[offset : offset + limit]]
    return said.InstanceList(instances=page, total=len(found), offset=offset, limit=limit)


@router.get("/instances/{instance_id}", dependencies=[Depends(READ)], tags=["instances"])
def instance_details(request: Request, instance_id: said.InstanceId) -> said.InstanceDetails:
    """One instance, now."""
    return _details(_instance(request, instance_id))


@router.delete("/instances/{instance_id}", status_code=204, dependencies=[Depends(RUN)], tags=["instances"])
def destroy_instance(request: Request, instance_id: said.InstanceId) -> None:
    """Let the plugin clean up, and end its process. A call that goes on ends."""
    _manager(request).destroy_instance(_instance(request, instance_id).id)


@router.post(
    "/instances/{instance_id}/execute",
    dependencies=[Depends(RUN)],
    tags=["instances"],
    response_model=said.RunDetails,
    responses={
        200: {"description": "What it gave", "content": sound.CONTENT},
        202: {"model": said.RunDetails, "description": "It goes on"},
    },
    openapi_extra={"requestBody": bare.body_of(said.Execution)},
)
async def execute_instance(
    request: Request,
    response: Response,
    instance_id: said.InstanceId,
    wait: Annotated[bool, Query(description="false: answer at once, 202, with the run to ask about")] = True,
    input: Annotated[str | None, bare.INPUT] = None,
    parameters: Annotated[str | None, bare.PARAMETERS] = None,
    output: Annotated[str | None, sound.OUTPUT] = None,
) -> Any:
    """Call the plugin. With its outputs if it succeeds, with a problem if it fails.

    The body is JSON, or multipart/form-data, or a sound (``Content-Type: audio/flac``) or an array (``application/x-npy``):
    then the query says the rest. With ``Accept: audio/wav`` or ``audio/flac`` the answer is a sound, and ``Location`` says
    where all of it is.
    """
    instance = _instance(request, instance_id)
    definition, plugin_id = instance.definition, instance.plugin_id
    form = sound.wanted(request) if wait else None
    heard = sound.output_of(definition, output, plugin_id=plugin_id) if form else ""
    if bare.is_body(request):
        asked, inputs = await bare.asked(request, definition, input, parameters, plugin_id=plugin_id)
    else:
        takes = asking.Takes(definition, partial(crossing.file_parameter, definition))
        asked, inputs, files = await asking.asked(request, said.Execution, takes, plugin_id=plugin_id)
        asked.parameters.update(files)
    given = crossing.parameters_from(definition, asked.parameters, plugin_id=plugin_id)
    runs = _runs(request)

    def carry_out(run: Run) -> Awaitable[Result]:
        return instance.aexecute(
            inputs, given, on_progress=run.on_progress, limits=asked.limits or None, seed=asked.seed
        )

    run = runs.begin(carry_out, instance_id=instance.id, plugin_id=plugin_id)
    answer = await answer_of(request, response, run, wait=wait)
    if form is None or run.result is None:
        return answer
    data = await asyncio.to_thread(sound.encoded, run.result[heard], form, plugin_id=plugin_id, name=heard)
    return Response(data, media_type=form, headers={"Location": response.headers["Location"]})


@router.get("/runs", dependencies=[Depends(READ)], tags=["runs"])
async def list_runs(request: Request, limit: said.Limit = 100, offset: said.Offset = 0) -> said.RunList:
    """The user's runs, or everybody's for who manages, in pages, the newest first, without what they gave."""
    found = _runs(request).all(sight_of(request))
    page = [run_of(run, with_outputs=False) for run in found[offset : offset + limit]]
    return said.RunList(runs=page, total=len(found), offset=offset, limit=limit)


@router.get("/runs/{run_id}", dependencies=[Depends(READ)], tags=["runs"])
async def run_details(request: Request, run_id: said.RunId) -> said.RunDetails:
    """A run: how far it is, or what it gave."""
    return run_of(_run(request, run_id), root=request.scope.get("root_path", ""))


@router.post("/runs/{run_id}/cancel", dependencies=[Depends(RUN)], tags=["runs"])
async def cancel_run(request: Request, run_id: said.RunId) -> said.RunDetails:
    """End a run that goes on, and tell how it ended. One that had ended by then keeps what it gave."""
    run = _run(request, run_id)
    await _runs(request).cancel(run)
    return run_of(run, root=request.scope.get("root_path", ""))


@router.delete("/runs/{run_id}", status_code=204, dependencies=[Depends(RUN)], tags=["runs"])
async def forget_run(request: Request, run_id: said.RunId) -> None:
    """Forget a run that has ended, and what it gave. One that goes on is cancelled first, at its own address."""
    run = _run(request, run_id)
    if not _runs(request).forget(run):
        remedy = f"POST /api/plugins/runs/{run.id}/cancel ends it"
        raise Refused(Problem(409, "StillRunning", f"run {run.id} goes on", remedy, {"plugin_id": run.plugin_id}))


@router.get("/runs/{run_id}/outputs/{name:path}", dependencies=[Depends(READ)], tags=["runs"], response_class=Response)
async def fetch_output(
    request: Request,
    run_id: said.RunId,
    name: said.OutputName,
    at: Annotated[str, Query(max_length=4096, description="a part of the output, as RFC 6901 points to it")] = "",
    form: Annotated[str, Query(pattern="^(npy)?$", description="npy: the samples of a sound as an array")] = "",
) -> Response:
    """An output's data: WAV (32-bit float), .npy, SVG, PNG, Vega-Lite or JSON, as it is; FLAC, if that is accepted."""
    run = _run(request, run_id)
    result = run.result
    try:
        if result is None or name not in result:
            raise KeyError(name)
        part = crossing.within(result[name], at)
    except KeyError as error:
        message = f"run {run_id} has no output {name[:80]!r}" + (f" at {at[:80]}" if at else "")
        known = ", ".join(result or ()) or f"none: it is {run.state}"
        raise UnknownPlugin(message, plugin_id=run.plugin_id, remedy=f"it has {known}") from error
    if sound.wanted(request) == "audio/flac" and isinstance(part, Audio) and not form:
        media_type = "audio/flac"
        data = await asyncio.to_thread(sound.encoded, part, "audio/flac", plugin_id=run.plugin_id, name=name)
    else:
        data, media_type = await asyncio.to_thread(crossing.data_of, part, form)
    # What a plugin drew must not be run as a page of this server's, should a browser open it.
    sealed = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=sealed)


async def answer_of(request: Request, response: Response, run: Run, *, wait: bool) -> Any:
    """What somebody gets who has begun a run: what it came to, or at once (202) where it will be."""
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/plugins/runs/{run.id}"
    if not wait:
        response.status_code = 202
        return run_of(run, root=request.scope.get("root_path", ""))
    await _runs(request).wait(run)
    if run.problem is not None:
        return response_of(run.problem)
    return run_of(run, root=request.scope.get("root_path", ""))


def run_of(run: Run, *, root: str = "", with_outputs: bool = True) -> said.RunDetails:
    """A run as a client sees it."""
    details: dict[str, Any] = {}
    if run.result is not None and with_outputs:
        base = f"{root}/api/plugins/runs/{run.id}/outputs"
        details = {
            "outputs": {name: crossing.plain(value, f"{base}/{quote(name)}") for name, value in run.result.items()},
            "stats": msgspec.to_builtins(run.result.stats),
            "provenance": crossing.plain(run.result.provenance.as_dict(), ""),
        }
    return said.RunDetails(
        id=run.id,
        user=run.user or OWNER,
        instance_id=run.instance_id,
        plugin_id=run.plugin_id,
        flow=run.flow,
        state=run.state,
        progress=run.progress,
        message=run.message,
        started_at=run.started_at,
        nodes=None
        if run.flow is None
        else {node: said.NodeDetails(**asdict(at)) for node, at in dict(run.nodes).items()},
        problem=run.problem.as_dict() if run.problem else None,
        **details,
    )


def _details(instance: Instance) -> said.InstanceDetails:
    told = asdict(status_of(instance))
    return said.InstanceDetails(**told, user=instance.user or OWNER, config=crossing.plain(instance.config, ""))


def seen(request: Request) -> list[Instance]:
    """The instances that are there for whoever asks."""
    sight = sight_of(request)
    return [one for one in list(_manager(request).instances.values()) if sight(one.user)]


def _run(request: Request, run_id: str) -> Run:
    return _runs(request).get(run_id, sight_of(request))


def _instance(request: Request, instance_id: str) -> Instance:
    instance = _manager(request).instances.get(instance_id)
    if instance is None or not sight_of(request)(instance.user):
        close = nearest(instance_id[:80], [one.id for one in seen(request)])
        remedy = f"did you mean {close!r}?" if close else "POST /api/plugins/{plugin_id}/instances creates one"
        raise UnknownPlugin(f"there is no instance {instance_id[:80]!r}", remedy=remedy)
    return instance

"""Routes about instances and runs: create, look, execute, fetch, cancel, destroy.

Owns the two ways to call: wait for the outputs, or be told where they will be (``wait=false``). A body is JSON, or
multipart/form-data with the JSON in the part ``request`` and sounds, arrays or bytes in parts that are named after
their inputs. Called by ``app``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response

from ..errors import InputError, UnknownPlugin, nearest
from ..instance import Instance
from ..status import status_of
from . import crossing, said
from .problems import response_of
from .runs import Run, Runs
from .scopes import READ, RUN

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile

    from ..manager import PluginManager

router = APIRouter(prefix="/api/plugins")

_CALL_BODY = said.body_of(said.Execution)
_CALL_BODY["content"]["multipart/form-data"] = {
    "schema": {
        "type": "object",
        "properties": {"request": {"type": "string", "contentMediaType": "application/json"}},
        "additionalProperties": {"type": "string", "format": "binary"},
    }
}


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
    plugin_id: str,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> said.InstanceDetails:
    """A new instance; the plugin is loaded if need be. The same Idempotency-Key gives the same instance again."""
    asked = await said.read(request, said.NewInstance)
    once = request.app.state.once
    instance = await once.make(
        (plugin_id, idempotency_key) if idempotency_key else None,
        lambda: asyncio.to_thread(_manager(request).create_instance, plugin_id, asked.config),
    )
    response.headers["Location"] = f"/api/plugins/instances/{instance.id}"
    return _details(instance)


@router.get("/instances", dependencies=[Depends(READ)], tags=["instances"])
def list_instances(request: Request) -> said.InstanceList:
    """All instances."""
    return said.InstanceList(instances=[_details(one) for one in list(_manager(request).instances.values())])


@router.get("/instances/{instance_id}", dependencies=[Depends(READ)], tags=["instances"])
def instance_details(request: Request, instance_id: str) -> said.InstanceDetails:
    """One instance, now."""
    return _details(_instance(request, instance_id))


@router.delete("/instances/{instance_id}", status_code=204, dependencies=[Depends(RUN)], tags=["instances"])
def destroy_instance(request: Request, instance_id: str) -> None:
    """Let the plugin clean up, and end its process. A call that goes on ends."""
    _manager(request).destroy_instance(instance_id)


@router.post(
    "/instances/{instance_id}/execute",
    dependencies=[Depends(RUN)],
    tags=["instances"],
    response_model=said.RunDetails,
    openapi_extra={"requestBody": _CALL_BODY},
)
async def execute_instance(
    request: Request,
    response: Response,
    instance_id: str,
    wait: Annotated[bool, Query(description="false: answer at once, 202, with the run to ask about")] = True,
) -> Any:
    """Call the plugin. With its outputs if it succeeds, with a problem if it fails."""
    instance = _instance(request, instance_id)
    asked, inputs = await _asked(request, instance)
    runs = _runs(request)
    run = runs.begin(instance, inputs, asked.parameters, limits=asked.limits or None, seed=asked.seed)
    response.headers["Location"] = f"/api/plugins/runs/{run.id}"
    if not wait:
        response.status_code = 202
        return run_of(run)
    await runs.wait(run)
    if run.problem is not None:
        return response_of(run.problem)
    return run_of(run)


@router.get("/runs", dependencies=[Depends(READ)], tags=["runs"])
async def list_runs(request: Request) -> said.RunList:
    """The runs that are known, the newest first, without what they gave."""
    return said.RunList(runs=[run_of(run, with_outputs=False) for run in _runs(request).all()])


@router.get("/runs/{run_id}", dependencies=[Depends(READ)], tags=["runs"])
async def run_details(request: Request, run_id: str) -> said.RunDetails:
    """A run: how far it is, or what it gave."""
    return run_of(_runs(request).get(run_id))


@router.delete("/runs/{run_id}", status_code=204, dependencies=[Depends(RUN)], tags=["runs"])
async def cancel_run(request: Request, run_id: str) -> None:
    """End a run that goes on; forget one that has ended."""
    runs = _runs(request)
    await runs.cancel(runs.get(run_id))


@router.get("/runs/{run_id}/outputs/{name}", dependencies=[Depends(READ)], tags=["runs"], response_class=Response)
async def fetch_output(
    request: Request,
    run_id: str,
    name: str,
    at: Annotated[str, Query(max_length=4096, description="a part of the output, as RFC 6901 points to it")] = "",
    form: Annotated[str, Query(pattern="^(npy)?$", description="npy: the samples of a sound as an array")] = "",
) -> Response:
    """An output's data: WAV (32-bit float), .npy, SVG, PNG, Vega-Lite or JSON, as it is."""
    run = _runs(request).get(run_id)
    result = run.result
    try:
        if result is None or name not in result:
            raise KeyError(name)
        part = crossing.within(result[name], at)
    except KeyError as error:
        message = f"run {run_id} has no output {name[:80]!r}" + (f" at {at[:80]}" if at else "")
        known = ", ".join(result or ()) or f"none: it is {run.state}"
        raise UnknownPlugin(message, plugin_id=run.plugin_id, remedy=f"it has {known}") from error
    data, media_type = await asyncio.to_thread(crossing.data_of, part, form)
    # What a plugin drew must not be run as a page of this server's, should a browser open it.
    sealed = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type=media_type, headers=sealed)


def run_of(run: Run, *, with_outputs: bool = True) -> said.RunDetails:
    """A run as a client sees it."""
    details: dict[str, Any] = {}
    if run.result is not None and with_outputs:
        base = f"/api/plugins/runs/{run.id}/outputs"
        details = {
            "outputs": {name: crossing.plain(value, f"{base}/{name}") for name, value in run.result.items()},
            "stats": msgspec.to_builtins(run.result.stats),
            "provenance": crossing.plain(run.result.provenance.as_dict(), ""),
        }
    return said.RunDetails(
        id=run.id,
        instance_id=run.instance_id,
        plugin_id=run.plugin_id,
        state=run.state,
        progress=run.progress,
        message=run.message,
        started_at=run.started_at,
        problem=run.problem.as_dict() if run.problem else None,
        **details,
    )


def _details(instance: Instance) -> said.InstanceDetails:
    return said.InstanceDetails(**asdict(status_of(instance)), config=crossing.plain(instance.config, ""))


def _instance(request: Request, instance_id: str) -> Instance:
    instances = _manager(request).instances
    instance = instances.get(instance_id)
    if instance is None:
        close = nearest(instance_id[:80], list(instances))
        remedy = f"did you mean {close!r}?" if close else "POST /api/plugins/{plugin_id}/instances creates one"
        raise UnknownPlugin(f"there is no instance {instance_id[:80]!r}", remedy=remedy)
    return instance


async def _asked(request: Request, instance: Instance) -> tuple[said.Execution, dict[str, Any]]:
    """What is called with: the body's JSON, and the parts beside it."""
    plugin_id = instance.plugin_id
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        asked = await said.read(request, said.Execution)
        return asked, crossing.inputs_from(instance.definition, asked.inputs, plugin_id=plugin_id)
    async with request.form(max_files=64, max_fields=64, max_part_size=16 * 1024 * 1024) as form:
        text = form.get("request", "{}")
        asked = said.parsed(text.encode() if isinstance(text, str) else await text.read(), said.Execution)
        inputs = crossing.inputs_from(instance.definition, asked.inputs, plugin_id=plugin_id)
        for name, part in form.multi_items():
            if name == "request":
                continue
            if isinstance(part, str):
                message = f"the part `{name[:64]}` has no file name, so it is a field"
                raise InputError(
                    message, plugin_id=plugin_id, remedy="send it as a file; plain values go into `request`"
                )
            inputs[name] = await _part(request, instance, name, part)
    return asked, inputs


async def _part(request: Request, instance: Instance, name: str, part: UploadFile) -> Any:
    port = instance.definition.input(name)
    path = f"$.inputs.{name[:64]}"
    if port is not None and port.type == "audio":
        return await asyncio.to_thread(_decode, _manager(request), part)
    data = await part.read()
    if port is not None and port.type in ("bytes", "midi"):
        return data
    return crossing.array_from(data, plugin_id=instance.plugin_id, path=path)


def _decode(manager: PluginManager, part: UploadFile) -> Any:
    """A sound that was sent: put into a file of its own, and decoded in a confined worker."""
    suffix = Path(part.filename or "").suffix[:8]
    descriptor, path = tempfile.mkstemp(prefix="schillinger-", suffix=suffix if suffix[1:].isalnum() else "")
    try:
        with open(descriptor, "wb") as file:
            while piece := part.file.read(1 << 20):
                file.write(piece)
        return manager.read_audio(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

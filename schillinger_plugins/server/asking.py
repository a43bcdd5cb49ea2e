"""Asking: what a call is asked with, out of a request's body.

Owns the two forms of a body: JSON, or multipart/form-data with the JSON in the part ``request`` and sounds, arrays, bytes
or files in parts that are named after their inputs or parameters. A sound is decoded in a confined worker. Called by
``bare``, ``instances``, ``flows`` and ``uploads``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import AudioFileError, InputError
from ..schema.strict import show, suggestion
from . import crossing, said

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.datastructures import UploadFile

    from ..definition import Parameter
    from ..manager import PluginManager
    from ..types import Audio, File


@dataclass(frozen=True)
class Takes:
    """What may be given to what is called.

    Attributes
    ----------
    ports : Ports
        What has its inputs.
    file_of : callable
        Says for which parameter a part of that name is a file; None if for none. May take a while.
    """

    ports: crossing.Ports
    file_of: Callable[[str], Parameter | None]


async def asked(
    request: Request,
    kind: type[said.Call],
    takes: Takes | Callable[[said.Call], Awaitable[Takes]],
    *,
    plugin_id: str,
) -> tuple[said.Call, dict[str, Any], dict[str, File]]:
    """What is called with: the body's JSON, the inputs in it and in the parts beside it, and the parts that are files.

    Parameters
    ----------
    takes : Takes or callable
        A callable where the body itself says it.

    Raises
    ------
    InputError
        For a body of another form, with the place.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        call = await said.read(request, kind)
        ports = (takes if isinstance(takes, Takes) else await takes(call)).ports
        return call, crossing.inputs_from(ports, call.inputs, plugin_id=plugin_id), {}
    async with request.form(max_files=64, max_fields=64, max_part_size=16 * 1024 * 1024) as form:
        text = form.get("request", "{}")
        call = said.parsed(text.encode() if isinstance(text, str) else await text.read(), kind)
        known = takes if isinstance(takes, Takes) else await takes(call)
        ports = known.ports
        inputs = crossing.inputs_from(ports, call.inputs, plugin_id=plugin_id)
        files: dict[str, File] = {}
        for name, part in form.multi_items():
            if name == "request":
                continue
            if isinstance(part, str):
                message = f"the part `{name[:64]}` has no file name, so it is a field"
                raise InputError(
                    message, plugin_id=plugin_id, remedy="send it as a file; plain values go into `request`"
                )
            parameter = None if ports.input(name) is not None else await asyncio.to_thread(known.file_of, name)
            if parameter is not None:
                data = await part.read(parameter.most_bytes + 1)
                path = f"$.parameters.{name[:128]}"
                files[name] = crossing.sent_file(parameter, part.filename, data, plugin_id=plugin_id, path=path)
                continue
            inputs[name] = await _part(request.app.state.manager, ports, name, part, plugin_id)
    return call, inputs, files


def body_of(kind: type) -> dict[str, Any]:
    """Both forms of the body, for the OpenAPI page."""
    body = said.body_of(kind)
    body["content"]["multipart/form-data"] = {
        "schema": {
            "type": "object",
            "properties": {"request": {"type": "string", "contentMediaType": "application/json"}},
            "additionalProperties": {"type": "string", "format": "binary"},
        }
    }
    return body


async def decoded(manager: PluginManager, sent: AsyncIterable[bytes], *, name: str) -> Audio:
    """A sound that was sent: put into a file of its own, and decoded in a confined worker, which looks at its content alone.

    Parameters
    ----------
    name : str
        How messages call it: where the file is is nobody else's business.

    Raises
    ------
    AudioFileError
        If it is empty, cut off, too long or no audio.
    """
    descriptor, path = await asyncio.to_thread(manager.new_file)
    try:
        try:
            async for piece in sent:
                await asyncio.to_thread(write, descriptor, piece)
        finally:
            os.close(descriptor)
        return await asyncio.to_thread(manager.read_audio, path)
    except AudioFileError as error:
        raise AudioFileError(error.message.replace(show(str(path)), name), remedy=error.remedy) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


async def _part(manager: PluginManager, ports: crossing.Ports, name: str, part: UploadFile, plugin_id: str) -> Any:
    if ports.input(name) is None:
        raise InputError(
            f"no input `{name[:64]}`",
            plugin_id=plugin_id,
            path=f"$.inputs.{name[:64]}",
            remedy=suggestion(name[:64], [port.name for port in ports.inputs]),
        )
    kind = crossing.type_of(ports, name)
    if kind == "audio":
        return await decoded(manager, pieces(part), name=f"the part `{name[:64]}`")
    data = await part.read()
    if kind in ("bytes", "midi"):
        return data
    return await asyncio.to_thread(crossing.array_from, data, plugin_id=plugin_id, path=f"$.inputs.{name[:64]}")


def write(descriptor: int, piece: bytes) -> None:
    """All of a piece."""
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


async def pieces(part: UploadFile) -> AsyncIterator[bytes]:
    """A part that was sent, piece by piece."""
    while piece := await part.read(1 << 20):
        yield piece

"""Asking: what a call is asked with, out of a request's body.

Owns the two forms of a body: JSON, or multipart/form-data with the JSON in the part ``request`` and sounds, arrays or
bytes in parts that are named after their inputs. A sound is decoded in a confined worker. Called by ``instances``,
``flows`` and ``sound``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AudioFileError, InputError
from ..schema.strict import show, suggestion
from . import crossing, said

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.datastructures import UploadFile

    from ..manager import PluginManager
    from ..types import Audio


async def asked(
    request: Request, kind: type[said.Call], ports: crossing.Ports, *, plugin_id: str
) -> tuple[said.Call, dict[str, Any]]:
    """What is called with: the body's JSON, and the inputs in it and in the parts beside it.

    Raises
    ------
    InputError
        For a body of another form, with the place.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        call = await said.read(request, kind)
        return call, crossing.inputs_from(ports, call.inputs, plugin_id=plugin_id)
    async with request.form(max_files=64, max_fields=64, max_part_size=16 * 1024 * 1024) as form:
        text = form.get("request", "{}")
        call = said.parsed(text.encode() if isinstance(text, str) else await text.read(), kind)
        inputs = crossing.inputs_from(ports, call.inputs, plugin_id=plugin_id)
        for name, part in form.multi_items():
            if name == "request":
                continue
            if isinstance(part, str):
                message = f"the part `{name[:64]}` has no file name, so it is a field"
                raise InputError(
                    message, plugin_id=plugin_id, remedy="send it as a file; plain values go into `request`"
                )
            inputs[name] = await _part(request.app.state.manager, ports, name, part, plugin_id)
    return call, inputs


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


async def decoded(manager: PluginManager, pieces: AsyncIterable[bytes], suffix: str, *, name: str) -> Audio:
    """A sound that was sent: put into a file of its own, and decoded in a confined worker.

    Parameters
    ----------
    name : str
        How messages call it: where the file is is nobody else's business.

    Raises
    ------
    AudioFileError
        If it is empty, cut off, too long or no audio.
    """
    descriptor, path = tempfile.mkstemp(prefix="schillinger-", suffix=suffix)
    try:
        try:
            async for piece in pieces:
                await asyncio.to_thread(_write, descriptor, piece)
        finally:
            os.close(descriptor)
        return await asyncio.to_thread(manager.read_audio, path)
    except AudioFileError as error:
        raise AudioFileError(error.message.replace(show(path), name), remedy=error.remedy) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


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
        suffix = Path(part.filename or "").suffix[:8]
        named = f"the part `{name[:64]}`"
        return await decoded(manager, _pieces(part), suffix if suffix[1:].isalnum() else "", name=named)
    data = await part.read()
    if kind in ("bytes", "midi"):
        return data
    return crossing.array_from(data, plugin_id=plugin_id, path=f"$.inputs.{name[:64]}")


def _write(descriptor: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


async def _pieces(part: UploadFile) -> AsyncIterator[bytes]:
    while piece := await part.read(1 << 20):
        yield piece

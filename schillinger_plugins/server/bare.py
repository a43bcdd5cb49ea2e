"""Bare: a body that is one input as it is, a sound or an array, with nothing around it.

Owns the media types of such bodies and the choice of the input that one is for. Refuses to guess: where several would do,
the query has to say which. A sound is decoded in a confined worker, as in ``asking``; an array is read from .npy, never from
a pickle. Called by ``instances`` and ``flows``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from fastapi import Query

from ..errors import InputError
from . import asking, crossing, said
from .problems import Problem
from .scopes import Refused

if TYPE_CHECKING:
    from fastapi import Request

    from ..definition import NodeDefinition


class Port(Protocol):
    """An input: of a node, or of a flow."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def type(self) -> str:
        """Of its values."""


SOUNDS = (
    "audio/wav",
    "audio/x-wav",
    "audio/wave",
    "audio/vnd.wave",
    "audio/flac",
    "audio/x-flac",
    "audio/ogg",
    "audio/mpeg",
)
"""What a sound may say that it is. What it is its content tells."""

INPUT = Query(max_length=128, description="if the body is a sound or an array: which input it is", examples=["audio"])
PARAMETERS = Query(
    max_length=4096,
    description="if the body is a sound or an array: the parameters, as JSON",
    examples=['{"gain_db": -6}'],
)

_BINARY = {"schema": {"type": "string", "format": "binary"}}


def body_of(kind: type) -> dict[str, Any]:
    """All forms of the body, for the OpenAPI page."""
    body = asking.body_of(kind)
    body["content"].update({"audio/wav": _BINARY, "audio/flac": _BINARY, crossing.ARRAY: _BINARY})
    return body


def is_body(request: Request) -> bool:
    """Whether the body says that it is a sound or an array."""
    return _kind(request).startswith("audio/") or _kind(request) == crossing.ARRAY


def refuse(request: Request, *, what: str, remedy: str) -> None:
    """Refuse such a body, with 415, where there has to be something else as well."""
    if is_body(request):
        detail = f"the body is {_kind(request)[:80]} alone, without {what}"
        raise Refused(Problem(415, "UnsupportedMediaType", detail, remedy, headers={"Connection": "close"}))


async def asked(
    request: Request, definition: NodeDefinition, name: str | None, parameters: str | None, *, plugin_id: str
) -> tuple[said.Execution, dict[str, Any]]:
    """What is called with, by such a body and a query that says the rest.

    Parameters
    ----------
    name : str, optional
        Of the input; the node's only one of that type, if not given.
    parameters : str, optional
        A JSON object.

    Raises
    ------
    InputError
        If it isn't clear which input is meant, the parameters are none, or the body isn't what it says.
    Refused
        With 415 for a kind of sound that isn't read.
    """
    call = said.Execution(parameters=_parameters(parameters or "{}", plugin_id))
    return call, await taken(request, definition.inputs, name, plugin_id=plugin_id)


async def taken(request: Request, ports: Sequence[Port], name: str | None, *, plugin_id: str) -> dict[str, Any]:
    """The body, by the name of the input that it is for; see `asked`."""
    known = [port.name for port in ports]
    if _kind(request) == crossing.ARRAY:
        arrays = [port.name for port in ports if port.type == "array"]
        into = chosen(name, arrays, known, way="input", what="an array", plugin_id=plugin_id)
        body = await request.body()
        read = crossing.array_from
        return {into: await asyncio.to_thread(read, body, plugin_id=plugin_id, path=f"$.inputs.{into}")}
    if _kind(request) not in SOUNDS:
        detail = f"{_kind(request)[:80]} isn't read here"
        remedy = f"send one of {', '.join(SOUNDS)}"
        raise Refused(Problem(415, "UnsupportedMediaType", detail, remedy, {"plugin_id": plugin_id}))
    sounds = [port.name for port in ports if port.type == "audio"]
    into = chosen(name, sounds, known, way="input", what="a sound", plugin_id=plugin_id)
    return {into: await asking.decoded(request.app.state.manager, request.stream(), name="the body")}


def chosen(name: str | None, able: Sequence[str], known: Sequence[str], *, way: str, what: str, plugin_id: str) -> str:
    """The input or output of that name, or the only one that is able to be `what`.

    Raises
    ------
    InputError
        If there is none of that name; or, where none was named, if it isn't clear which is meant.
    """
    path = f"$.query.{way}"
    if name is not None:
        if name not in known:
            message, remedy = f"there is no {way} {name[:80]!r}", f"{way}s are {', '.join(known) or 'none'}"
            raise InputError(message, plugin_id=plugin_id, path=path, remedy=remedy)
        return name
    if len(able) == 1:
        return able[0]
    if able:
        message, remedy = f"there are {len(able)} {way}s for {what}", f"say which: ?{way}={' or '.join(able)}"
    else:
        message = f"there is no {way} that is {what}"
        remedy = f"{way}s are {', '.join(known)}: say which with ?{way}=" if known else "send and ask for JSON"
    raise InputError(message, plugin_id=plugin_id, path=path, remedy=remedy)


def _parameters(text: str, plugin_id: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        message, remedy = f"the parameters can't be read: {str(error)[:200]}", 'write them as JSON: {"gain_db": -6}'
        raise InputError(message, plugin_id=plugin_id, path="$.query.parameters", remedy=remedy) from error


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()

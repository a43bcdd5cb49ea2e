"""Sound: a call whose body is a sound, and an answer that is one.

Owns their media types, the choice of the input that the sound is for and of the output that is sent back, and the encoding
as FLAC. Refuses to guess: a node with several sounds has to be told which. What comes is decoded in a confined worker, as in
``asking``. Called by ``instances`` and ``flows``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec
import numpy as np
from fastapi import Query

from ..errors import InputError
from ..types import Audio
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


Form = Literal["audio/wav", "audio/flac"]

KINDS = (
    "audio/wav",
    "audio/x-wav",
    "audio/wave",
    "audio/vnd.wave",
    "audio/flac",
    "audio/x-flac",
    "audio/ogg",
    "audio/mpeg",
)
"""What a body may say that it is. What it is its content tells."""

_FORMS: dict[str, Form] = {
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/flac": "audio/flac",
    "audio/x-flac": "audio/flac",
    "audio/*": "audio/wav",
}
INPUT = Query(max_length=128, description="if the body is a sound: which input it is", examples=["audio"])
PARAMETERS = Query(
    max_length=4096, description="if the body is a sound: the parameters, as JSON", examples=['{"gain_db": -6}']
)
OUTPUT = Query(max_length=128, description="if a sound is accepted: which output", examples=["audio"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[str, Any] = {"audio/wav": _BINARY, "audio/flac": _BINARY}
"""Beside JSON, for the OpenAPI page."""

FLAC_CHANNELS = 8
FLAC_SAMPLE_RATE = 655_350


def body_of(kind: type) -> dict[str, Any]:
    """The three forms of the body, for the OpenAPI page."""
    body = asking.body_of(kind)
    body["content"].update(CONTENT)
    return body


def is_body(request: Request) -> bool:
    """Whether the body says that it is a sound."""
    return _kind(request).startswith("audio/")


async def asked(
    request: Request, definition: NodeDefinition, name: str | None, parameters: str | None, *, plugin_id: str
) -> tuple[said.Execution, dict[str, Any]]:
    """What is called with, by a body that is a sound and a query that says the rest.

    Parameters
    ----------
    name : str, optional
        Of the input; the node's only one for a sound, if not given.
    parameters : str, optional
        A JSON object.

    Raises
    ------
    InputError
        If it isn't clear which input is meant, the parameters are none, or the body is no sound.
    Refused
        With 415 for a kind of sound that isn't read.
    """
    call = said.Execution(parameters=_parameters(parameters or "{}", plugin_id))
    return call, await heard(request, definition.inputs, name, plugin_id=plugin_id)


async def heard(request: Request, ports: Sequence[Port], name: str | None, *, plugin_id: str) -> dict[str, Any]:
    """The body that is a sound, by the name of the input that it is for; see `asked`."""
    if _kind(request) not in KINDS:
        detail, known = f"{_kind(request)[:80]} isn't read here", ", ".join(KINDS)
        raise Refused(Problem(415, "UnsupportedMediaType", detail, f"send one of {known}", {"plugin_id": plugin_id}))
    sounds = [port.name for port in ports if port.type == "audio"]
    chosen = _chosen(name, sounds, [port.name for port in ports], way="input", plugin_id=plugin_id)
    return {chosen: await asking.decoded(request.app.state.manager, request.stream(), name="the body")}


def wanted(request: Request) -> Form | None:
    """As what the client would rather have a sound than a description of it (``Accept``); None if it would not."""
    best: Form | None = None
    most = plain = 0.0
    for entry in request.headers.get("accept", "").lower().split(","):
        kind, *details = (part.strip() for part in entry.split(";"))
        weight = _weight(details)
        if kind in ("application/json", "application/*"):
            plain = max(plain, weight)
        elif kind in _FORMS and weight > most:
            best, most = _FORMS[kind], weight
    return best if most > plain else None


def output_of(definition: NodeDefinition, name: str | None, *, plugin_id: str) -> str:
    """The output that is to be sent back: the one of that name, or the node's only one that is a sound."""
    sounds = [port.name for port in definition.outputs if port.type == "audio"]
    return _chosen(name, sounds, [port.name for port in definition.outputs], way="output", plugin_id=plugin_id)


def encoded(value: Any, form: Form, *, plugin_id: str | None, name: str) -> bytes:
    """A sound as a file: WAV of 32-bit floats, or FLAC of 24 bits, in which what is beyond full scale is clipped.

    Raises
    ------
    InputError
        If the value is no sound, or FLAC can't hold it.
    """
    if not isinstance(value, Audio):
        message, remedy = f"`{name}` is no sound", "ask for application/json: the run has it"
        raise InputError(message, plugin_id=plugin_id, path="$.query.output", remedy=remedy)
    return crossing.wav(value) if form == "audio/wav" else _flac(value, plugin_id)


def _flac(audio: Audio, plugin_id: str | None) -> bytes:
    whole = float(audio.sample_rate).is_integer() and audio.sample_rate <= FLAC_SAMPLE_RATE
    if audio.channels > FLAC_CHANNELS or not whole:
        message = f"FLAC can't hold {audio.channels} channels at {audio.sample_rate:g} Hz"
        raise InputError(message, plugin_id=plugin_id, path="$.headers.accept", remedy="ask for audio/wav")
    try:
        import soundfile
    except ImportError as error:
        message = "writing FLAC needs soundfile"
        raise InputError(message, remedy='ask for audio/wav, or pip install "schillinger_plugins[audio]"') from error
    held = np.nan_to_num(audio.samples)  # what whole numbers of NaN are is up to the machine; libsndfile clips the rest
    file = io.BytesIO()
    soundfile.write(file, held.T, int(audio.sample_rate), format="FLAC", subtype="PCM_24")
    return file.getvalue()


def _chosen(name: str | None, sounds: Sequence[str], known: Sequence[str], *, way: str, plugin_id: str) -> str:
    path = f"$.query.{way}"
    if name is not None:
        if name not in known:
            message, remedy = f"there is no {way} {name[:80]!r}", f"{way}s are {', '.join(known) or 'none'}"
            raise InputError(message, plugin_id=plugin_id, path=path, remedy=remedy)
        return name
    if len(sounds) == 1:
        return sounds[0]
    if sounds:
        message, remedy = f"there are {len(sounds)} {way}s for a sound", f"say which: ?{way}={' or '.join(sounds)}"
    else:
        message = f"there is no {way} that is a sound"
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


def _weight(details: Sequence[str]) -> float:
    for detail in details:
        name, _, value = detail.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0

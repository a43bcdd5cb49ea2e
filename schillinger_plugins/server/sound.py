"""Sound: an answer that is one.

Owns whether a client would rather have a sound than a description of it, the choice of the output that is sent, and the
encoding as FLAC. Refuses to guess: a node with several sounds has to be told which. Called by ``instances`` and ``flows``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from fastapi import Query

from ..errors import InputError
from ..types import Audio
from . import bare, crossing

if TYPE_CHECKING:
    from fastapi import Request

    from ..definition import NodeDefinition


Form = Literal["audio/wav", "audio/flac"]

_FORMS: dict[str, Form] = {
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/flac": "audio/flac",
    "audio/x-flac": "audio/flac",
    "audio/*": "audio/wav",
}
OUTPUT = Query(max_length=128, description="if a sound is accepted: which output", examples=["audio"])

_BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[str, Any] = {"audio/wav": _BINARY, "audio/flac": _BINARY}
"""Beside JSON, for the OpenAPI page."""

FLAC_CHANNELS = 8
FLAC_SAMPLE_RATE = 655_350


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
    known = [port.name for port in definition.outputs]
    return bare.chosen(name, sounds, known, way="output", what="a sound", plugin_id=plugin_id)


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


def _weight(details: Sequence[str]) -> float:
    for detail in details:
        name, _, value = detail.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0

"""What a node is given: its inputs in words, the sound that stands in for one that nobody gave, a waveform to draw on.

Owns how an input is told on the node, and the judgement of a path that the page names. Refuses paths that are no file.
Decodes nothing: that is the manager's. Called by ``node``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..definition import NodeDefinition, Port
from ..definition.ports import Misfit, fit
from ..errors import InputError
from ..result import brief
from ..types import Audio
from .waves import Wave

TONE_HZ, TONE_S, TONE_RATE = 440.0, 2.0, 44_100

_COLUMNS = 240
_MAX_PATH = 4096


def tone() -> Audio:
    """What an audio input gets that nobody gave: 2 s of 440 Hz at −12 dB, with 10 ms fades."""
    time_s = np.arange(int(TONE_S * TONE_RATE)) / TONE_RATE
    fade = np.clip(np.minimum(time_s, TONE_S - time_s) / 0.01, 0.0, 1.0)
    return Audio((0.25 * fade * np.sin(2 * np.pi * TONE_HZ * time_s)).astype(np.float32), TONE_RATE)


def inputs_of(definition: NodeDefinition, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a run, and what the node says about each port."""
    given = dict(values)
    notes: dict[str, Any] = {}
    for port in definition.inputs:
        if port.name in given:
            sound = _sound(port, given[port.name])
            value = given[port.name] = given[port.name] if sound is None else sound
            notes[port.name] = {"state": "given", "text": repr(value) if isinstance(value, Audio) else brief(value)}
        elif port.required and port.type == "audio":
            given[port.name] = tone()
            notes[port.name] = {"state": "tone", "text": f"test tone, {TONE_HZ:.0f} Hz, {TONE_S:.0f} s"}
        elif port.required:
            notes[port.name] = {"state": "missing", "text": "not given"}
    return given, notes


def waveform(definition: NodeDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The outline of the first sound, for the curves that are drawn over it.

    Returns
    -------
    dict
        ``duration_s``, and ``lows`` and ``highs``: at most 240 values each, from −1 to 1, over the whole of it. Empty if no
        parameter is a curve or no sound is given as samples.
    """
    if not any(parameter.type == "breakpoints" for parameter in definition.parameters):
        return {}
    audio = next((sound for port in definition.inputs if (sound := _sound(port, values.get(port.name)))), None)
    if audio is None:
        return {}
    if audio.frames == 0:
        return {"duration_s": 0.0, "lows": [], "highs": []}
    pairs, _ = Wave(audio).columns(0.0, audio.duration_s, min(_COLUMNS, audio.frames))
    bounded = np.clip(np.nan_to_num(pairs, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    lows, highs = bounded[:, 0].min(axis=0), bounded[:, 1].max(axis=0)
    # Two decimals: it is stored in the notebook, and drawn 90 pixels high.
    return {"duration_s": audio.duration_s, "lows": _rounded(lows), "highs": _rounded(highs)}


def file_of(text: object, *, plugin_id: str) -> Path:
    """The file that was typed on the page: as a path of the kernel's, ``~`` and relative ones included.

    Raises
    ------
    InputError
        If there is no such file.
    """
    remedy = "type the path of an audio file, from the notebook's folder or from /"
    if not isinstance(text, str) or not text.strip() or len(text) > _MAX_PATH or not text.isprintable():
        raise InputError("that is no path", plugin_id=plugin_id, remedy=remedy)
    try:
        path = Path(text.strip()).expanduser()
        is_file = path.is_file()
    except (OSError, RuntimeError) as error:  # a name that is too long, a user who isn't there
        raise InputError(f"that is no path: {error}", plugin_id=plugin_id, remedy=remedy) from error
    if not is_file:
        raise InputError(f"there is no file {brief(text.strip())}", plugin_id=plugin_id, remedy=remedy)
    return path


def _sound(port: Port, value: Any) -> Audio | None:
    """What an audio port was given as samples; a path is decoded only when the node runs."""
    if port.type != "audio" or value is None:
        return None
    try:
        sound = Audio(*value) if isinstance(value, tuple) else fit("audio", value)
    except (Misfit, TypeError, ValueError):  # the run will say so
        return None
    return sound if isinstance(sound, Audio) else None


def _rounded(values: Any) -> list[float]:
    return [round(float(value), 2) for value in values]

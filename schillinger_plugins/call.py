"""A call, checked and ready to be made, and the record of one that was made.

Owns the way from what a caller gives to what a plugin gets: files decoded or read, pairs made `Audio`, inputs and parameters
checked against the definition. And the way from what was sent to the digests that a result records. Refuses before
anything is started. Called by ``instance``; the command line calls `read_inputs` by itself, to find a slip before it
loads a plugin.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import msgspec
import numpy as np

from .behalf import Purpose
from .definition import NodeDefinition
from .definition.parameters import MAX_STRING
from .errors import InputError, PluginError
from .protocol import values
from .reading import has_paths, with_content
from .result import digest
from .sandbox.conversation import Outcome
from .sandbox.limits import Limits
from .sandbox.steps import OnProgress
from .sandbox.worker import Worker
from .types import Audio, File

MAX_SEED = 2**63 - 1

MOST_TOLD, MOST_TOLD_DEPTH = 1_000, 8
"""Of a list or mapping that was given in a call that was refused."""

ReadAudio = Callable[[str | Path], Audio]

_digests: ThreadPoolExecutor


def _begin_digests() -> None:
    global _digests
    _digests = ThreadPoolExecutor(1, thread_name_prefix="schillinger-digest")


_begin_digests()
os.register_at_fork(after_in_child=_begin_digests)  # threads stay with the parent: what is handed to them is never done


class Call(msgspec.Struct):
    """What is asked of a plugin, checked. A struct, since one is made for every call.

    Attributes
    ----------
    seed : int or None
        None leaves it to the worker, which says what it took.
    started_at_s : float
        As `time.time` gives it.
    started_s : float
        As `time.perf_counter` gives it.
    run_id : str
        What its result, its record in the journal and its lines in the log have in common.
    user : str
        In whose name; empty: whoever runs this process.
    worker : Worker or None
        Who carries it out, until it has returned: a result keeps its call, and is to keep no worker.
    cpu_before_s : float
        CPU time of that worker when it began.
    purpose : str
        What it is made for: test, or nothing in particular.
    """

    inputs: dict[str, Any]
    parameters: dict[str, Any]
    limits: Limits
    seed: int | None
    on_progress: OnProgress | None
    started_at_s: float = 0.0
    started_s: float = 0.0
    profile: bool = False
    method: str = "execute"
    run_id: str = ""
    user: str = ""
    worker: Worker | None = None
    cpu_before_s: float = 0.0
    purpose: Purpose = ""


def prepare(
    definition: NodeDefinition,
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    plugin_id: str,
    limits: Limits,
    seed: int | None,
    on_progress: OnProgress | None,
    profile: bool = False,
    read_audio: ReadAudio,
) -> Call:
    """Check everything.

    Parameters
    ----------
    read_audio : callable
        What makes `Audio` of a path.

    Raises
    ------
    InputError
        For an input, a parameter or a seed that doesn't fit, with its path.
    """
    started_at_s, started_s = time.time(), time.perf_counter()
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED):
        raise InputError(f"a seed is a whole number from 0 to 2^63-1, not {seed!r}", plugin_id=plugin_id)
    checked = read_inputs(definition, inputs, plugin_id=plugin_id, read_audio=read_audio)
    parameters = with_content(definition, parameters, plugin_id=plugin_id)
    given = definition.check_parameters(parameters, plugin_id=plugin_id)
    return Call(checked, given, limits, seed, on_progress, started_at_s, started_s, profile)


def refused(inputs: object, parameters: object, seed: object) -> Call:
    """What was asked for in a call that was refused before it began, for its record: nobody has checked it.

    Of the inputs sounds and arrays, which a plugin would have got as they are; of the parameters what is plain data.
    """
    sounds = {name: value for name, value in _named(inputs) if _array(value) is not None}
    told = {name: _told(value) for name, value in _named(parameters)}
    return Call(sounds, told, Limits(), seed if type(seed) is int and 0 <= seed <= MAX_SEED else None, None)


def _named(given: object) -> list[tuple[str, Any]]:
    return (
        [(name, value) for name, value in given.items() if isinstance(name, str)] if isinstance(given, Mapping) else []
    )


def _told(value: object, depth: int = 0) -> Any:
    """A value that may be anything, as data: nothing of it is called, and no more of it looked at than can be kept."""
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and len(value) <= MAX_STRING):
        return value
    if isinstance(value, File):
        return {"file": value.name, "bytes": len(value.data)}
    if isinstance(value, (dict, list, tuple)) and len(value) <= MOST_TOLD and depth < MOST_TOLD_DEPTH:
        if isinstance(value, dict):
            return {name: _told(inner, depth + 1) for name, inner in _named(value)}
        return [_told(inner, depth + 1) for inner in value]
    return str(value) if isinstance(value, PurePath) else f"({type(value).__name__})"


def read_inputs(
    definition: NodeDefinition, inputs: Mapping[str, Any], *, plugin_id: str, read_audio: ReadAudio
) -> dict[str, Any]:
    """The inputs as the plugin gets them: an audio port also takes a file or ``(samples, sample_rate)``.

    Raises
    ------
    InputError
        `AudioFileError` for a file that can't be read.
    """
    given = {name: _read(definition, name, value, plugin_id, read_audio) for name, value in inputs.items()}
    return definition.check_inputs(given, plugin_id=plugin_id)


def _read(definition: NodeDefinition, name: str, value: Any, plugin_id: str, read_audio: ReadAudio) -> Any:
    port = definition.input(name)
    if port is None or port.type != "audio":
        return value
    path = f"$.inputs.{name}"
    if isinstance(value, (str, Path)):
        try:
            return read_audio(value)
        except PluginError as error:
            error.plugin_id, error.path = plugin_id, path
            raise
    if isinstance(value, tuple) and len(value) == 2:
        try:
            return Audio(*value)
        except (TypeError, ValueError) as error:
            raise InputError(str(error), plugin_id=plugin_id, path=path) from error
    return value


def needs_reading(definition: NodeDefinition, inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    """Whether an input or a parameter is a file, which takes a while to read."""
    if has_paths(definition, parameters):
        return True
    return any(isinstance(value, (str, Path)) for value in inputs.values()) and any(
        port.type == "audio" for port in definition.inputs
    )


Digests = Callable[[], dict[str, str]]

MOST_HASHED_BYTES = 64 * 1024 * 1024
"""Of the inputs of a call that failed: whoever called waits for that."""


def digests_of_failed(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Of the caller's own values, as long as they are at hand: what was sent may be gone. Of none, if they are too large."""
    if sum(value.nbytes for value in map(_array, inputs.values()) if value is not None) > MOST_HASHED_BYTES:
        return {}
    return {name: digest(value) for name, value in inputs.items()}


def digests_of(outcome: Outcome, before: tuple[int, Digests]) -> Digests:
    """What gives the digests of the inputs: of the very bytes that were sent, whatever the caller does to the arrays since.

    Large ones are hashed beside what follows, since hashing a minute of audio takes longer than sending it; until that is
    done their segment isn't written again. If those of the content at hand have been computed `before`, they are taken from
    there.
    """
    if outcome.segment is None:
        return lambda: _digests_of(outcome, None)
    content, known = before
    work = partial(_digests_of, outcome, known if content == outcome.content else None)
    try:
        return _digests.submit(work).result
    except RuntimeError:  # the interpreter ends, and begins no threads any more
        done = work()
        return lambda: done


def _digests_of(outcome: Outcome, before: Digests | None) -> dict[str, str]:
    known = before() if before is not None else {}
    try:
        # A view of the segment as an array, since it must outlive the views that are taken of it.
        memory = np.frombuffer(outcome.segment.view, np.uint8) if outcome.segment is not None else None
        sent = values.unpack(outcome.sent, memory, copy=False)
        return {
            name: known[name] if name in known and _is_large(value) else digest(value)
            for name, value in sent["inputs"].items()
        }
    finally:
        memory = sent = None
        outcome.release()


def _is_large(value: object) -> bool:
    array = _array(value)
    return array is not None and array.nbytes > values.SMALL_ARRAY_BYTES


def _array(value: object) -> np.ndarray[Any, Any] | None:
    array = value.samples if isinstance(value, Audio) else value
    return array if isinstance(array, np.ndarray) else None

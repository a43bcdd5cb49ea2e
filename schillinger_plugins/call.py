"""A call, checked and ready to be made.

Owns the way from what a caller gives to what a plugin gets: files decoded, pairs made `Audio`, inputs and parameters checked
against the definition, a seed chosen, the inputs' digests begun. Refuses before anything is started. Called by
``instance``; the command line calls `read_inputs` by itself, to find a slip before it loads a plugin.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from .definition import NodeDefinition
from .errors import InputError, PluginError
from .result import digest
from .sandbox.conversation import OnProgress
from .sandbox.limits import Limits
from .types import Audio

MAX_SEED = 2**63 - 1

_digests = ThreadPoolExecutor(1, thread_name_prefix="schillinger-digest")


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked of a plugin, checked.

    Attributes
    ----------
    digests : Future
        Of the inputs, computed beside the call.
    started_at : str
        ISO 8601, UTC.
    started_s : float
        As `time.perf_counter` gives it.
    """

    inputs: dict[str, Any]
    parameters: dict[str, Any]
    limits: Limits
    seed: int
    on_progress: OnProgress | None
    digests: Future[dict[str, str]]
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    started_s: float = field(default_factory=time.perf_counter)


def prepare(
    definition: NodeDefinition,
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    *,
    plugin_id: str,
    limits: Limits,
    seed: int | None,
    on_progress: OnProgress | None,
) -> Call:
    """Check everything.

    Raises
    ------
    InputError
        For an input, a parameter or a seed that doesn't fit, with its path.
    """
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED):
        raise InputError(f"a seed is a whole number from 0 to 2^63-1, not {seed!r}", plugin_id=plugin_id)
    checked = read_inputs(definition, inputs, plugin_id=plugin_id)
    return Call(
        inputs=checked,
        parameters=definition.check_parameters(parameters, plugin_id=plugin_id),
        limits=limits,
        seed=secrets.randbits(32) if seed is None else seed,
        on_progress=on_progress,
        digests=_digests_of(checked),
    )


def read_inputs(definition: NodeDefinition, inputs: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
    """The inputs as the plugin gets them: an audio port also takes a file or ``(samples, sample_rate)``.

    Raises
    ------
    InputError
        `AudioFileError` for a file that can't be read.
    """
    given = {name: _read(definition, name, value, plugin_id) for name, value in inputs.items()}
    return definition.check_inputs(given, plugin_id=plugin_id)


def _read(definition: NodeDefinition, name: str, value: Any, plugin_id: str) -> Any:
    port = definition.input(name)
    if port is None or port.type != "audio":
        return value
    path = f"$.inputs.{name}"
    if isinstance(value, (str, Path)):
        from .engine.decode import read_audio

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


def _digests_of(inputs: Mapping[str, Any]) -> Future[dict[str, str]]:
    """The digests, computed beside the call where that pays: hashing a minute of audio takes as long as sending it."""

    def compute() -> dict[str, str]:
        return {name: digest(value) for name, value in inputs.items()}

    if any(isinstance(value, (Audio, np.ndarray, list, dict)) for value in inputs.values()):
        return _digests.submit(compute)
    done: Future[dict[str, str]] = Future()
    done.set_result(compute())
    return done

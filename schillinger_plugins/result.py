"""Result: what a call gave, and all that is needed to repeat it.

Owns the mapping of outputs, the provenance and the figures of the call. Draws nothing beyond a plain table: the widgets
register a richer display for it. Made by `Instance`.
"""

from __future__ import annotations

import hashlib
import html
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib import metadata
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from .definition import NodeDefinition
from .types import Audio, Figure, File


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Everything needed to repeat a call.

    Attributes
    ----------
    content_hash : str
        SHA-256 over the plugin's files.
    parameters : Mapping[str, Any]
        As the plugin got them; of a file its name, its size and the SHA-256 of its content.
    input_digests : Mapping[str, str]
        SHA-256 of each input, over its type, shape, rate and bytes.
    seed : int
        What ``context.random``, Python's ``random`` and ``np.random`` were seeded with.
    versions : Mapping[str, str]
        Of this package, Python, NumPy and the system.
    started_at : str
        ISO 8601, UTC.
    run_id : str
        What the journal and the log know this call by.
    """

    plugin_id: str
    plugin_version: str
    content_hash: str
    parameters: Mapping[str, Any]
    config: Mapping[str, Any]
    input_digests: Mapping[str, str]
    seed: int
    sandbox_level: str
    versions: Mapping[str, str]
    started_at: str
    run_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


class CallStats(msgspec.Struct, frozen=True, kw_only=True):
    """What a call cost. A struct, since one is made for every call.

    Attributes
    ----------
    wall_s : float
        From the call to its result, the sandbox included.
    cpu_s : float
        CPU time inside the worker, as the worker says.
    peak_memory_bytes : int
        The worker's most private memory, as the watchdog saw it every 25 ms; of a shorter call, what was seen last.
    profile : str
        Where the time went, the costliest functions first, if that was asked for.
    """

    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    profile: str = ""


class Result(Mapping[str, Any]):
    """The outputs of one call, by name.

    Attributes
    ----------
    stats : CallStats
    definition : NodeDefinition
        Describes the outputs: units, axes, how they are sampled in time.
    inputs : Mapping[str, Any]
        The inputs as the plugin got them (files decoded).
    plugin_id, plugin_type : str

    Examples
    --------
    >>> r = manager.default_instance("audio_analyzer").execute({"audio": "song.flac"})  # doctest: +SKIP
    >>> r["tempo_bpm"]  # doctest: +SKIP
    120.2
    """

    def __init__(
        self,
        outputs: dict[str, Any],
        *,
        provenance: Callable[[], Provenance],
        stats: CallStats,
        definition: NodeDefinition,
        inputs: Mapping[str, Any],
        plugin_id: str,
        plugin_type: str,
    ) -> None:
        self._outputs = outputs
        self._record = provenance
        self.stats = stats
        self.definition = definition
        self.inputs = inputs
        self.plugin_id = plugin_id
        self.plugin_type = plugin_type

    @cached_property
    def provenance(self) -> Provenance:
        """Everything needed to repeat the call; put together when it is first asked for."""
        return self._record()

    def __getitem__(self, name: str) -> Any:
        try:
            return self._outputs[name]
        except KeyError:
            raise KeyError(f"no output {name!r}; the outputs are {', '.join(self._outputs)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._outputs)

    def __repr__(self) -> str:
        rows = "".join(f"\n  {name} = {brief(value)}" for name, value in self._outputs.items())
        return f"Result of {self.plugin_id} in {self.stats.wall_s:.3g} s:{rows}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(brief(value))}</td></tr>"
            for name, value in self._outputs.items()
        )
        return f"<table>{rows}</table>"


def brief(value: Any) -> str:
    """A value in one line.

    >>> brief(np.zeros((2, 3), np.float32))
    'float32 array of (2, 3)'
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array of {value.shape}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Figure):
        return repr(value)  # uncut: where nothing is drawn, its words are all there is
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def recorded(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters as they are put on record: of a file not its content, but what tells it from another one.

    >>> recorded({"gain_db": -6.0, "scale": File("just.scl", b"")})["scale"]["file"]
    'just.scl'
    """
    if File not in map(type, parameters.values()):
        return parameters
    return {
        name: {"file": value.name, "bytes": len(value.data), "sha256": hashlib.sha256(value.data).hexdigest()}
        if isinstance(value, File)
        else value
        for name, value in parameters.items()
    }


def digest(value: Any) -> str:
    """SHA-256 of a value, over its type, shape, rate and content.

    Equal inputs give equal digests, on any machine of the same byte order.
    """
    state = hashlib.sha256()
    _feed(state, value)
    return state.hexdigest()


@cache
def versions() -> Mapping[str, str]:
    """Of the host: this package, Python, NumPy, the system."""
    return MappingProxyType(
        {
            "schillinger_plugins": metadata.version("schillinger_plugins"),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        }
    )


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _feed(state: Any, value: Any) -> None:
    if isinstance(value, Audio):
        state.update(f"audio {value.sample_rate} ".encode())
        _feed(state, value.samples)
    elif isinstance(value, np.ndarray):
        state.update(f"array {value.dtype.str} {value.shape} ".encode())
        state.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
    elif isinstance(value, File):
        state.update(f"file {len(value.name)} {value.name} {len(value.data)} ".encode() + value.data)
    elif isinstance(value, Mapping):
        state.update(f"map {len(value)} ".encode())
        for key in sorted(value):
            _feed(state, key)
            _feed(state, value[key])
    elif isinstance(value, (list, tuple)):
        state.update(f"list {len(value)} ".encode())
        for item in value:
            _feed(state, item)
    else:
        text = repr(value).encode()
        state.update(f"{type(value).__name__} {len(text)} ".encode() + text)

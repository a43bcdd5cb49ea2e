"""Writing a result to a file: JSON, NPZ, HTML, sound, MIDI or a figure, by the file's ending.

Owns the formats and the way to the disk: written aside, flushed to the device, then renamed into place, so that the
file is either whole or not there. Refuses to overwrite unless told to. Called by ``cli.run``.
"""

from __future__ import annotations

import base64
import io
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import InputError, nearest
from ..files import put
from ..result import Result
from ..types import Audio, Figure, File
from ..types.figure import Format

if TYPE_CHECKING:
    from ..definition import NodeDefinition

MIDI_TYPES = ("midi", "bytes", "any")
FIGURE_TYPES = ("figure",)
Encode = Callable[[Result], tuple[bytes, str]]


class Saver:
    """One file to be written; what can be refused beforehand has been."""

    def __init__(self, path: Path, encode: Encode, *, force: bool, needs: tuple[str, ...]) -> None:
        self._path = path
        self._encode = encode
        self._force = force
        self._needs = needs

    def demand(self, definition: NodeDefinition) -> None:
        """Refuse before the run a format that the plugin has nothing for.

        Raises
        ------
        InputError
            If no output could be written in this format.
        """
        if self._needs and definition.outputs and not any(port.type in self._needs for port in definition.outputs):
            _refuse(self._path, f"the plugin has no output of type {self._needs[0]}", "write .json, .npz or .html")

    def write(self, result: Result) -> str:
        """Write the file; a remark on what was or was not written, or nothing."""
        data, remark = self._encode(result)
        try:
            put(self._path, data, replace=self._force)
        except FileExistsError:
            _refuse_existing(self._path)
        except OSError as error:
            _refuse(self._path, error.strerror or str(error), "check the folder and the space on the device")
        return remark


def saver(path: Path, *, force: bool) -> Saver:
    """Prepare to write `path`.

    Raises
    ------
    InputError
        For an ending that is not known, a folder that is not there, or a file that is in the way.
    """
    path = path.expanduser()
    ending = path.suffix.lower()
    if ending not in _FORMATS:
        close = nearest(ending, _FORMATS)
        known = ", ".join(_FORMATS)
        _refuse(
            path, f"the ending {ending!r} is none of {known}", f"did you mean {close}?" if close else f"choose {known}"
        )
    if not path.parent.is_dir():
        _refuse(path, f"there is no folder {str(path.parent)!r}", "make it first")
    if path.is_dir():
        _refuse(path, "it is a folder", "name a file")
    if os.path.lexists(path) and not force:
        _refuse_existing(path)
    encode, needs = _FORMATS[ending]
    return Saver(path, encode, force=force, needs=needs)


def plain(result: Result) -> dict[str, Any]:
    """A result as data that JSON can express.

    NaN and infinities become null. Arrays become lists, complex numbers pairs, `Audio` an object with its rate and samples,
    bytes and pictures an object with their base64.
    """
    return {
        "provenance": _plain(result.provenance.as_dict()),
        "stats": {
            "wall_s": result.stats.wall_s,
            "cpu_s": result.stats.cpu_s,
            "peak_memory_bytes": result.stats.peak_memory_bytes,
        },
        "outputs": {name: _plain(value) for name, value in result.items()},
        "units": {port.name: port.unit for port in result.definition.outputs if port.unit},
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Audio):
        return {"sample_rate": value.sample_rate, "samples": _plain(value.samples)}
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "c":
            value = np.stack([value.real, value.imag], -1)
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            boxed = value.astype(object)
            boxed[~np.isfinite(value)] = None
            return boxed.tolist()
        return value.tolist()
    if isinstance(value, File):
        return {"name": value.name, "base64": base64.b64encode(value.data).decode()}
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, Figure) and value.format == "image":
        return {"image": _plain(value["image"].tobytes()), "alt": value.alt}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value)


def _json(result: Result) -> tuple[bytes, str]:
    return json.dumps(plain(result), allow_nan=False, ensure_ascii=False).encode() + b"\n", ""


def _npz(result: Result) -> tuple[bytes, str]:
    """Arrays by name, and all else as JSON under ``_metadata`` (no output's name begins so)."""
    arrays: dict[str, Any] = {}
    others: dict[str, Any] = {}
    rates: dict[str, int] = {}
    for name, value in result.items():
        if isinstance(value, Audio):
            arrays[name], rates[name] = value.samples, value.sample_rate
        elif isinstance(value, (np.ndarray, bool, int, float)):
            arrays[name] = value
        else:
            others[name] = _plain(value)
    metadata = {
        "provenance": _plain(result.provenance.as_dict()),
        "sample_rates": rates,
        "outputs": others,
        "definition": result.definition.as_dict(),
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, _metadata=json.dumps(metadata, ensure_ascii=False), **arrays)
    return file.getvalue(), ""


def _html(result: Result) -> tuple[bytes, str]:
    try:
        from ..widgets import report_html
    except ImportError:
        body = f"<!doctype html><meta charset='utf-8'><title>Result</title>{result._repr_html_()}"
        return body.encode(), "without pictures"
    return report_html(result).encode(), ""


def _sound(container: str, subtype: str) -> Encode:
    def encode(result: Result) -> tuple[bytes, str]:
        import soundfile

        sounds = {name: value for name, value in result.items() if isinstance(value, Audio)}
        if not sounds:
            raise InputError(
                "the result holds no audio", plugin_id=result.provenance.plugin_id, remedy="write .json or .npz"
            )
        name, audio = next(iter(sounds.items()))
        remarks = [f"the output {name}"] if len(sounds) > 1 else []
        if subtype.startswith("PCM") and audio.frames and float(np.max(np.abs(audio.samples))) > 1.0:
            remarks.append("samples beyond ±1 are clipped; .wav keeps them")
        file = io.BytesIO()
        soundfile.write(file, audio.samples.T, audio.sample_rate, format=container, subtype=subtype)
        return file.getvalue(), "; ".join(remarks)

    return encode


def _midi(result: Result) -> tuple[bytes, str]:
    files = {name: value for name, value in result.items() if isinstance(value, bytes) and value.startswith(b"MThd")}
    if not files:
        raise InputError(
            "the result holds no MIDI", plugin_id=result.provenance.plugin_id, remedy="write .json or .npz"
        )
    name, data = next(iter(files.items()))
    return data, f"the output {name}" if len(files) > 1 else ""


def _figure(form: Format, signature: bytes = b"") -> Encode:
    """The first figure of that format, of pictures that of the file's kind."""

    def encode(result: Result) -> tuple[bytes, str]:
        figures = {name: value for name, value in result.items() if isinstance(value, Figure)}
        fitting = {name: figure for name, figure in figures.items() if _written_as(figure, form, signature)}
        if not fitting:
            endings = dict.fromkeys(ending for figure in figures.values() for ending in _ENDINGS[figure.format])
            raise InputError(
                "the result holds no figure of this format",
                plugin_id=result.provenance.plugin_id,
                remedy=f"write {' or '.join([*endings, '.html'])}",
            )
        name, figure = next(iter(fitting.items()))
        if form == "vega_lite":
            data = json.dumps(figure["vega_lite"], ensure_ascii=False).encode() + b"\n"
        else:
            data = figure["svg"].encode() if form == "svg" else figure["image"].tobytes()
        return data, f"the output {name}" if len(fitting) > 1 else ""

    return encode


def _written_as(figure: Figure, form: Format, signature: bytes) -> bool:
    return figure.format == form and (form != "image" or figure["image"].tobytes().startswith(signature))


_ENDINGS: dict[Format, tuple[str, ...]] = {"svg": (".svg",), "image": (".png", ".jpg"), "vega_lite": (".vl",)}
_FORMATS: dict[str, tuple[Encode, tuple[str, ...]]] = {
    ".json": (_json, ()),
    ".npz": (_npz, ()),
    ".html": (_html, ()),
    ".wav": (_sound("WAV", "FLOAT"), ("audio", "any")),
    ".flac": (_sound("FLAC", "PCM_24"), ("audio", "any")),
    ".mid": (_midi, MIDI_TYPES),
    ".svg": (_figure("svg"), FIGURE_TYPES),
    ".png": (_figure("image", b"\x89PNG"), FIGURE_TYPES),
    ".jpg": (_figure("image", b"\xff\xd8"), FIGURE_TYPES),
    ".vl": (_figure("vega_lite"), FIGURE_TYPES),
}


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    raise InputError(f"{str(path)!r} can't be written: {reason}", remedy=remedy)


def _refuse_existing(path: Path) -> NoReturn:
    _refuse(path, "a file is there already", "add --force to overwrite it")

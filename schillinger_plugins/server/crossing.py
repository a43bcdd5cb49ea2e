"""Crossing: values between HTTP and Python.

Owns the JSON form of inputs, files and outputs, and the binary form of what JSON is no good for. An array, a sound, a figure
or bytes is an object with a ``type`` and the address of its data; a small array has its values with it. Refuses file
names as inputs and parameters: a client must not read this machine's files through a plugin. Called by ``instances`` and
``runs``.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import numpy as np

from ..definition import NodeDefinition, Parameter
from ..definition.ports import Misfit
from ..errors import InputError
from ..types import Audio, Figure, File
from ..types.file import MAX_NAME

SMALL = 1024
"""Numbers of an array that are in the answer itself."""

ARRAY = "application/x-npy"
"""The media type of a .npy file."""

NUMBERS = "biufc"
"""The kinds of array that cross, as NumPy has them."""

MAX_NPY_HEADER = 10_000


class Ports(Protocol):
    """What has inputs: the definition of a node, or a flow."""

    @property
    def inputs(self) -> Sequence[Any]:
        """Each with its ``name`` and its ``type``."""

    def input(self, name: str) -> Any:
        """One of them, with its ``type``; None if there is none of that name."""


def type_of(ports: Ports, name: str) -> str:
    """The type of an input; of one that there isn't, ``any``."""
    port = ports.input(name)
    return "any" if port is None else str(port.type)


def inputs_from(ports: Ports, given: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
    """Inputs of a JSON body as `Instance.execute` takes them.

    Raises
    ------
    InputError
        For a sound or bytes that are not written as they should be, and for the name of a file.
    """
    read: dict[str, Any] = {}
    for name, value in given.items():
        kind = type_of(ports, name)
        path = f"$.inputs.{name}"
        if kind == "audio":
            read[name] = _audio(value, plugin_id=plugin_id, path=path)
        elif kind in ("bytes", "midi"):
            read[name] = _bytes(value, plugin_id=plugin_id, path=path)
        else:
            read[name] = value
    return read


def parameters_from(definition: NodeDefinition, given: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
    """Parameters of a JSON body as `Instance.execute` takes them: files as content, and none by its name.

    Raises
    ------
    InputError
        For a file that isn't written as it should be, or doesn't fit.
    """
    read = dict(given)
    for name, value in given.items():
        parameter = file_parameter(definition, name)
        if parameter is not None and value is not None and not isinstance(value, File):
            read[name] = file_from(parameter, value, plugin_id=plugin_id, path=f"$.parameters.{name}")
    return read


def file_parameter(definition: NodeDefinition, name: str) -> Parameter | None:
    """The parameter of that name, if it is a file."""
    parameter = definition.parameter(name)
    return parameter if parameter is not None and parameter.type == "file" else None


def file_from(parameter: Parameter, value: Any, *, plugin_id: str, path: str) -> File:
    """A file of a JSON body: ``{"name": "just.scl", "base64": "…"}``, where the name may be missing.

    Raises
    ------
    InputError
        If it is something else, the name of a file on this machine included; or it doesn't fit the parameter.
    """
    if not isinstance(value, dict) or not {"base64"} <= set(value) <= {"base64", "name"}:
        message = "a file's content is expected, and files of the server are not read"
        remedy = 'send {"name": "…", "base64": "…"}, or the file as a part of multipart/form-data'
        raise InputError(message, plugin_id=plugin_id, path=path, remedy=remedy)
    data = _bytes({"base64": value["base64"]}, plugin_id=plugin_id, path=path)
    return sent_file(parameter, value.get("name", ""), data, plugin_id=plugin_id, path=path)


def sent_file(parameter: Parameter, name: Any, data: bytes, *, plugin_id: str, path: str) -> File:
    """Content that was sent, under the name it was sent with; raises as `file_from`."""
    try:
        file = File(name.rpartition("/")[2][-MAX_NAME:] if isinstance(name, str) else name, data)
        parameter.check(file)
    except (Misfit, TypeError, ValueError) as error:
        remedy = getattr(error, "remedy", None) or "send its name as a text"
        raise InputError(
            f"the file for `{parameter.name}` {error}"[:300], plugin_id=plugin_id, path=path, remedy=remedy
        ) from None
    return file


def plain(value: Any, href: str, pointer: str = "") -> Any:
    """An output as JSON has it.

    Parameters
    ----------
    value : Any
        As a plugin gave it, checked.
    href : str
        Where the output can be fetched whole.
    pointer : str
        Where in the output the value is (RFC 6901).
    """
    if isinstance(value, Mapping) and not isinstance(value, Figure):
        return {key: plain(one, href, f"{pointer}/{_escaped(key)}") for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one, href, f"{pointer}/{index}") for index, one in enumerate(value)]
    address = f"{href}?at={quote(pointer)}" if pointer else href
    if isinstance(value, Audio):
        shape = {"sample_rate": value.sample_rate, "channels": value.channels, "frames": value.frames}
        return {"type": "audio", **shape, "href": address}
    if isinstance(value, Figure):
        return {"type": "figure", "format": value.format, "alt": value.alt, "href": address}
    if isinstance(value, np.ndarray):
        told: dict[str, Any] = {"type": "array", "dtype": value.dtype.str, "shape": list(value.shape), "href": address}
        if value.size <= SMALL and value.dtype.kind in "biuf":
            told["values"] = _finite(value.tolist())
        return told
    if isinstance(value, bytes):
        return {"type": "bytes", "size": len(value), "href": address}
    if isinstance(value, File):
        return {"type": "file", "name": value.name, "size": len(value.data), "href": address}
    return _finite(value.item() if isinstance(value, np.generic) else value)


def within(value: Any, pointer: str) -> Any:
    """The part of an output that a pointer names (RFC 6901).

    Raises
    ------
    KeyError
        If there is none.
    """
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and not isinstance(value, Figure):
            value = value[name]
        elif isinstance(value, (list, tuple)) and name.isdecimal() and len(name) < 10 and int(name) < len(value):
            value = value[int(name)]
        else:
            raise KeyError(name)
    return value


def data_of(value: Any, form: str = "") -> tuple[bytes, str]:
    """The bytes of a part, and their media type: WAV of 32-bit floats, .npy, a figure's own format, JSON for the rest.

    With ``npy`` as `form` the samples of a sound are an array.
    """
    if isinstance(value, Audio) and form == "npy":
        value = value.samples
    if isinstance(value, Audio):
        return wav(value), "audio/wav"
    if isinstance(value, Figure):
        if value.format == "image":
            image = bytes(np.asarray(value["image"], np.uint8))
            return image, "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"
        if value.format == "svg":
            return value["svg"].encode(), "image/svg+xml"
        return _json(value["vega_lite"]), "application/vnd.vegalite.v5+json"
    if isinstance(value, np.ndarray):
        file = io.BytesIO()
        np.lib.format.write_array(file, value, allow_pickle=False)
        return file.getvalue(), ARRAY
    if isinstance(value, (bytes, File)):
        return value.data if isinstance(value, File) else value, "application/octet-stream"
    return _json(plain(value, "")), "application/json"


def array_from(data: bytes, *, plugin_id: str, path: str) -> np.ndarray[Any, Any]:
    """An array of a .npy file. Objects are refused: they would be pickled.

    Raises
    ------
    InputError
        If it is none, or of no numbers.
    """
    try:
        array: np.ndarray[Any, Any] = np.lib.format.read_array(
            io.BytesIO(data), allow_pickle=False, max_header_size=MAX_NPY_HEADER
        )
        if array.dtype.kind not in NUMBERS:  # an array of nothings takes no bytes, however many there are
            raise ValueError(f"it is an array of {array.dtype}")
    except Exception as error:  # a header is read as Python: there is hardly anything that a bad one doesn't raise
        message = f"is no .npy file of numbers: {str(error)[:200]}"
        raise InputError(message, plugin_id=plugin_id, path=path, remedy="write it with numpy.save") from error
    return array


def wav(audio: Audio) -> bytes:
    """A RIFF/WAVE file of 32-bit floats: nothing is rounded, clipped or left out."""
    body = np.ascontiguousarray(audio.samples.T, "<f4").tobytes()
    rate, channels = int(audio.sample_rate), audio.channels
    head = struct.pack("<4sI4s", b"RIFF", (50 + len(body)) & 0xFFFFFFFF, b"WAVE")
    form = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, channels, rate, rate * channels * 4, channels * 4, 32, 0)
    fact = struct.pack("<4sII", b"fact", 4, audio.frames & 0xFFFFFFFF)
    return head + form + fact + struct.pack("<4sI", b"data", len(body) & 0xFFFFFFFF) + body


def _audio(value: Any, *, plugin_id: str, path: str) -> Audio:
    remedy = 'send {"samples": [[…]], "sample_rate": 44100}, or the sound itself as a part of multipart/form-data'
    if not isinstance(value, dict) or set(value) != {"samples", "sample_rate"}:
        message = "a sound is expected, and files of the server are not read"
        raise InputError(message, plugin_id=plugin_id, path=path, remedy=remedy)
    rate = value["sample_rate"]
    if isinstance(rate, float) and rate.is_integer():
        rate = int(rate)
    try:
        return Audio(np.asarray(value["samples"], np.float32), rate)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(str(error)[:300], plugin_id=plugin_id, path=path, remedy=remedy) from error


def _bytes(value: Any, *, plugin_id: str, path: str) -> bytes:
    try:
        if not isinstance(value, dict) or set(value) != {"base64"}:
            raise ValueError("bytes are expected")
        return base64.b64decode(value["base64"], validate=True)
    except (ValueError, TypeError, binascii.Error) as error:
        remedy = 'send {"base64": "…"}, or the bytes as a part of multipart/form-data'
        raise InputError(str(error)[:300], plugin_id=plugin_id, path=path, remedy=remedy) from error


def _finite(value: Any) -> Any:
    """JSON has no NaN: null stands for it, and for infinities."""
    if isinstance(value, list):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, complex):
        return [_finite(value.real), _finite(value.imag)]
    return value


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()

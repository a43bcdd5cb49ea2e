"""Coverage-guided fuzzing of everything that reads what a worker sent.

``python -m tests.fuzz.atheris_decoder -max_total_time=60`` runs for a minute; libFuzzer's options follow the name. What it
finds is printed with the bytes that did it, which are the input of the next run: ``… atheris_decoder crash-…``.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import typing
from pathlib import Path

import atheris
import msgspec
import numpy as np

with atheris.instrument_imports(include=["schillinger_plugins"]):
    from schillinger_plugins.definition import NodeDefinition
    from schillinger_plugins.errors import DefinitionError, PluginError, ProtocolViolation
    from schillinger_plugins.protocol import frames, values
    from schillinger_plugins.protocol.survey import Suspicious, survey
    from schillinger_plugins.sandbox.log import MAX_LINE_CHARS, Log
    from schillinger_plugins.sandbox.printable import printable
    from schillinger_plugins.sandbox.trace import KINDS, MAX_CHARS
    from schillinger_plugins.types import Audio

ROOM = 64 * 1024
SEGMENT = memoryview(bytearray(ROOM))
KNOWN = typing.get_args(frames._FromWorker)
READER, WRITER = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)


def one_input(data: bytes) -> None:
    """Read the bytes in every way in which the host reads a worker's."""
    as_frame(data)
    as_values(frames.Body(data))
    with contextlib.suppress(Suspicious):
        survey(data)
    if data:
        SEGMENT[: len(data)] = data[:ROOM]
        as_values(frames.Body(b"", 0, min(len(data), ROOM)))
        as_lines(data)


def may_be_shown(error: Exception) -> None:
    """What is said of a worker's bytes drives no terminal."""
    assert str(error).isprintable()
    assert len(str(error)) < 1000


def as_frame(data: bytes) -> None:
    """A frame, and the values in it if it has some."""
    try:
        frame = frames.decode_from_worker(data)
    except ProtocolViolation as error:
        may_be_shown(error)
        return
    assert isinstance(frame, KNOWN)
    again = msgspec.msgpack.encode(frame)
    assert msgspec.msgpack.encode(frames.decode_from_worker(again)) == again
    if isinstance(frame, frames.Returned):
        as_values(frame.body)
        as_values(frames.Body(frame.state))
    elif isinstance(frame, frames.Started):
        as_values(frames.Body(frame.definition))


def as_values(body: frames.Body) -> None:
    """Packed values, and the definition and the outputs that they would be."""
    try:
        value = values.unpack(body, SEGMENT, copy=True, most=ROOM)
    except (ProtocolViolation, values.TooMuch) as error:
        may_be_shown(error)
        return
    again = values.pack(value, "$")
    assert again.size <= 4 * ROOM
    with contextlib.suppress(DefinitionError):
        definition = NodeDefinition.parse(value, plugin_id="fuzzed")
        assert NodeDefinition.parse(definition.as_dict(), plugin_id="fuzzed") == definition
        with contextlib.suppress(PluginError):
            definition.check_outputs(value, plugin_id="fuzzed")


def as_lines(data: bytes) -> None:
    """What a worker prints, and what its audit hook tells."""
    log = Log("fuzzed", "fuzzed-1")
    for drain in (log.drain, log.trace.drain):
        os.write(WRITER, data[:ROOM])
        assert drain(READER)
    for line in log.lines():
        assert printable(line.text) == line.text
        assert len(line.text) <= MAX_LINE_CHARS
    for event in log.trace.events():
        assert event.kind in KINDS
        assert printable(event.what) == event.what
        assert len(event.what) <= MAX_CHARS


def seeds(folder: Path) -> None:
    """Good messages to begin with: every kind of frame, every kind of value, a definition, a few lines."""
    body = frames.Body(values.pack({"y": [1, 2.5, None, "z"], "b": b"\0"}, "$").structure)
    definition = {
        "type": "t",
        "label": "l",
        "inputs": [{"name": "x", "type": "audio"}],
        "outputs": [{"name": "y", "type": "array", "times": "t"}, {"name": "t", "type": "array"}],
        "parameters": [
            {"name": "gain_db", "type": "number", "min": -96, "max": 24.0, "default": 0, "unit": "dB", "step": 0.1},
            {"name": "way", "type": "choice", "options": ["a", "b"], "default": "b"},
            {"name": "curve", "type": "breakpoints", "default": [[0, 1], [2, 0.5]]},
            {"name": "f", "type": "number", "min": 1, "default": 1, "scale": "log"},
        ],
        "example": {"parameters": {"gain_db": 1}},
        "ui": {"groups": []},
    }
    packed_definition = values.pack(definition, "$").structure
    arrays = {"y": np.arange(3.0), "a": Audio(np.zeros((1, 4), np.float32), 48_000), "e": np.zeros((0, 2), np.int16)}
    large = values.pack({"y": [np.arange(700.0), np.zeros(5000, bool)]}, "$").structure
    good = [
        frames.encode(frames.Started(packed_definition, 1)),
        frames.encode(frames.Progress(0.5, "half")),
        frames.encode(frames.NeedSegment(4096)),
        frames.encode(frames.Fetch("GET", "http://a.example/", {"a": "b"}, frames.Body(b""), 1.0)),
        frames.encode(frames.More()),
        frames.encode(frames.Returned(body, 0.1, 3, state=body.inline, turn=1)),
        frames.encode(frames.Returned(frames.Body(b"", 64, 100), 0.1, 3)),
        frames.encode(frames.Saved(body)),
        frames.encode(frames.Restored({"kept": "no"})),
        frames.encode(frames.Raised("plugin", "ValueError", "no", "Traceback")),
        packed_definition,
        values.pack(arrays, "$").structure,
        large,
        b'["open", "/etc/passwd"]\n["import", "os"]\nprinted \x1b[2J\n' + "\u202eé".encode() + b"\xff\n",
    ]
    for number, data in enumerate(good):
        (folder / f"seed-{number}").write_bytes(data)


def main() -> None:
    """Fuzz until told to stop."""
    if any(not argument.startswith("-") for argument in sys.argv[1:]):  # an input to try again, or a corpus
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder))
        atheris.Setup([*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Coverage-guided fuzzing of everything that reads what a worker sent.

``python -m tests.fuzz.atheris_decoder -max_total_time=60`` runs for a minute; libFuzzer's options follow the name. What it
finds is printed with the bytes that did it.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["schillinger_plugins"]):
    from schillinger_plugins.definition import NodeDefinition
    from schillinger_plugins.errors import PluginError
    from schillinger_plugins.protocol import frames, values
    from schillinger_plugins.protocol.survey import Suspicious, survey

SEGMENT = memoryview(bytearray(64 * 1024))


def one_input(data: bytes) -> None:
    """Read the bytes as a frame, as packed values, and as the definition that such values would be."""
    with contextlib.suppress(PluginError):
        frames.decode_from_worker(data)
    with contextlib.suppress(Suspicious):
        survey(data)
    with contextlib.suppress(PluginError, values.TooMuch):
        value = values.unpack(frames.Body(data), SEGMENT, copy=True, most=1024 * 1024)
        NodeDefinition.parse(value, plugin_id="fuzzed")


def seeds(folder: Path) -> None:
    """A few good messages to begin with."""
    good = [
        frames.encode(frames.Returned(frames.Body(values.pack({"y": [1, 2.5, None, "z"]}, "$").structure), 0.1, 3)),
        frames.encode(frames.Raised("plugin", "ValueError", "no", "Traceback")),
        frames.encode(frames.NeedSegment(4096)),
        values.pack({"type": "t", "label": "l", "inputs": [{"name": "x", "type": "audio"}]}, "$").structure,
    ]
    for number, data in enumerate(good):
        (folder / f"seed-{number}").write_bytes(data)


def main() -> None:
    """Fuzz until told to stop."""
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder))
        atheris.Setup([*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

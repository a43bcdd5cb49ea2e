"""What a type checker says of an author's code."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

AUTHORS = """
from collections.abc import Iterator
from typing import Annotated, Literal, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from schillinger_plugins.types import (
    AnalysisPlugin, Audio, EffectPlugin, Event, GeneratorPlugin, IntegrationPlugin, NodePlugin, Output, Parameter,
    PluginContext, UIPlugin, VisualizationPlugin, WorkflowPlugin,
)


class Inputs(TypedDict):
    audio: Audio
    other: NotRequired[Audio]


class Settings(TypedDict):
    drive_db: Annotated[float, Parameter(6.0, min=0, max=40, unit="dB")]
    shape: Literal["tanh", "hard"]


class Features(TypedDict):
    rms: Annotated[npt.NDArray[np.float32], Output(unit="dB", times="times_s")]


class Node(NodePlugin):
    example = {"parameters": {"shape": "hard"}}

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self.calls = 0

    async def initialize(self) -> bool:
        return True

    async def execute(self, inputs: Inputs, parameters: Settings) -> Features:
        self.context.progress(1, 3, "half")
        other = inputs.get("other")
        if other is not None and parameters["shape"] == "tanh":
            self.context.log.info("%s at %s dB", other.channels, parameters["drive_db"] + 1)
        return {"rms": inputs["audio"].samples[0]}

    async def cleanup(self) -> bool:
        return self.context.cancelled


class Clip(EffectPlugin):
    latency_frames = 3

    def process(self, block: Audio, parameters: Settings) -> Audio:
        return Audio(np.tanh(block.samples * parameters["drive_db"]), block.sample_rate)

    def reset(self) -> None:
        pass


class Notes(GeneratorPlugin):
    def generate(self, parameters: Settings) -> Iterator[Event]:
        yield {"time_s": self.context.random.random(), "pitch": 60}


class Web(IntegrationPlugin):
    async def execute(self, inputs: Inputs, parameters: Settings) -> dict[str, int]:
        return {"status": (await self.context.fetch("https://example.org")).status}


class Curve(AnalysisPlugin):
    async def execute(self, inputs: Inputs, parameters: Settings) -> Features:
        return {"rms": inputs["audio"].samples[0]}


class Panel(UIPlugin):
    async def on_event(self, event: dict[str, object], values: dict[str, object]) -> dict[str, object]:
        return {"values": values}
"""
SLIP = AUTHORS.replace('parameters["drive_db"] + 1', 'parameters["drive"] + 1')


def checked(folder: Path, code: str) -> str:
    path = folder / "authors_plugin.py"
    path.write_text(code)
    here = Path(__file__).parents[2]
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", here / ".mypy_cache", path]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=110).stdout


def test_an_author_can_be_strict(tmp_path: Path) -> None:
    """Plugins of every kind, annotated in full, pass mypy --strict; a misspelt parameter doesn't."""
    assert "Success" in (said := checked(tmp_path, AUTHORS)), said
    assert 'TypedDict "Settings" has no key "drive"' in checked(tmp_path, SLIP)


def test_the_package_says_that_it_is_typed() -> None:
    """Else a type checker takes everything that is imported from it for Any."""
    assert resources.files("schillinger_plugins").joinpath("py.typed").is_file()

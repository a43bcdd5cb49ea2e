"""Results made by hand, so that the drawing is tested without a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.result import CallStats, Provenance, Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.node import NodeWidget

from .gain import DEFINITION, Plugin
from .keeping import Keeper

NOTES = "C C# D D# E F F# G G# A A# B".split()

MakeResult = Callable[..., Result]


def click_track(*, duration_s: float = 4.0, sample_rate: int = 8000, channels: int = 1) -> Audio:
    """Silence with a decaying tone at every half second."""
    time_s = np.arange(int(duration_s * sample_rate)) / sample_rate
    phase_s = time_s % 0.5
    tone = 0.5 * np.exp(-12 * phase_s) * np.sin(2 * np.pi * 440 * phase_s)
    return Audio(np.stack([tone] * channels), sample_rate)


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """Everything that a widget says and shares in a test keeps the contract."""
    keeper = Keeper()
    keeper.watch(monkeypatch)
    yield keeper
    assert keeper.flaws == []


@pytest.fixture
def make_result() -> MakeResult:
    """A function that makes a result from output descriptors and values."""

    def make(
        outputs: list[dict[str, Any]],
        values: Mapping[str, Any],
        *,
        audio: Audio | None = None,
        plugin_id: str = "thing",
        label: str = "Thing",
    ) -> Result:
        inputs = [] if audio is None else [{"name": "audio", "type": "audio", "label": "Audio"}]
        definition = NodeDefinition.parse(
            {"type": "thing", "label": label, "inputs": inputs, "outputs": outputs}, plugin_id=plugin_id
        )
        provenance = Provenance(
            plugin_id=plugin_id,
            plugin_version="1.0.0",
            content_hash="ab" * 32,
            parameters={"n_fft": 2048},
            config={},
            input_digests={},
            seed=7,
            sandbox_level="full",
            versions={"python": "3"},
            started_at="2026-01-01T00:00:00+00:00",
        )
        return Result(
            values,
            provenance=lambda: provenance,
            stats=CallStats(wall_s=0.25, cpu_s=0.2, peak_memory_bytes=0),
            definition=definition,
            inputs={} if audio is None else {"audio": audio},
            plugin_id=plugin_id,
            plugin_type="ANALYSIS",
        )

    return make


@pytest.fixture
def analysis(make_result: MakeResult) -> Result:
    """What an analysis of four seconds gives: figures, axes, images, a curve, instants."""
    steps = 100
    over_time = {"type": "array", "sample_type": "one_per_step", "times": "frame_times_s"}
    rng = np.random.default_rng(0)
    outputs = [
        {"name": "tempo_bpm", "label": "Tempo", "type": "number", "unit": "BPM"},
        {"name": "key", "label": "Key", "type": "string"},
        {"name": "loudness_lufs", "label": "Loudness", "type": "number", "unit": "LUFS"},
        {"name": "frame_times_s", "type": "array", "unit": "s"},
        {"name": "mel_hz", "type": "array", "unit": "Hz"},
        {"name": "centroid_hz", "label": "Centroid", "unit": "Hz", **over_time},
        {"name": "mfcc", "label": "MFCC", **over_time},
        {"name": "mel", "label": "Mel", "unit": "power", "bins": "mel_hz", **over_time},
        {"name": "chroma", "label": "Chroma", "bin_names": NOTES, "bin_count": 12, **over_time},
        {"name": "onset_times_s", "label": "Onsets", "type": "array", "unit": "s", "sample_type": "variable_rate"},
    ]
    values = {
        "tempo_bpm": 120.0,
        "key": "A minor",
        "loudness_lufs": float("-inf"),
        "frame_times_s": np.linspace(0, 4, steps),
        "mel_hz": np.geomspace(40, 4000, 64),
        "centroid_hz": rng.uniform(300, 900, steps),
        "mfcc": rng.normal(size=(13, steps)),
        "mel": 10.0 ** rng.uniform(-8, 0, (64, steps)),
        "chroma": rng.uniform(0, 1, (12, steps)),
        "onset_times_s": np.arange(0, 4, 0.5),
    }
    return make_result(outputs, values, audio=click_track(), plugin_id="audio_thing", label="Audio thing")


@pytest.fixture
def plugin(make_result: MakeResult) -> Plugin:
    """What a gain node calls."""
    return Plugin(make_result([{"name": "peak", "label": "Peak", "type": "number", "unit": "dB"}], {"peak": -3.0}))


@pytest.fixture
def node(plugin: Plugin) -> NodeWidget:
    """A gain node."""
    return NodeWidget(DEFINITION, run=plugin.run, plugin_id="gain_node", level="full")

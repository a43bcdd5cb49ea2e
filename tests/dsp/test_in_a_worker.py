"""The helpers where authors use them: in a confined worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import Audio, PluginManager

BODY = """
from schillinger_plugins.dsp import BeatGrid, frame, loudness_lufs, normalise_peak, overlap_add, resample
sound = normalise_peak(resample(inputs["x"], 16000), -6)
frames = frame(sound.samples, 512, 128, pad_end=True)
back = overlap_add(frames, 128, length=sound.frames)
return {"y": {"sound": sound, "same": bool(np.allclose(back, sound.samples, atol=1e-6)),
              "lufs": loudness_lufs(sound), "beat": float(BeatGrid.at_tempo(90).seconds(3))}}
"""


def test_a_confined_plugin_uses_them(write_plugin: Callable[..., Path]) -> None:
    """All of them, those that need soxr and pyloudnorm too, work within the sandbox."""
    with PluginManager([write_plugin(body=BODY)]) as manager:
        tone = Audio(0.1 * np.sin(2 * np.pi * 440 * np.arange(44100) / 44100), 44100)
        made = manager.create_instance("probe").execute({"x": tone})["y"]
    assert made["same"] is True
    assert made["beat"] == pytest.approx(2.0)
    assert made["sound"].sample_rate == 16000
    assert np.abs(made["sound"].samples).max() == pytest.approx(10 ** (-6 / 20), abs=1e-4)
    assert -12 < made["lufs"] < -6

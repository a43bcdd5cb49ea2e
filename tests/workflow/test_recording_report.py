"""The workflow among the examples, from a sound to its report."""

from __future__ import annotations

import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.types import Audio

RATE = 11025


def piece(*parts: tuple[float, ...]) -> Audio:
    """Chords of eight seconds with a click on every beat, two a second."""
    t = np.arange(8 * RATE) / RATE
    click = np.random.default_rng(1).standard_normal(t.size) * np.exp(-(t % 0.5) / 0.01)
    chords = [sum(np.sin(2 * np.pi * hz * h * t) / h for hz in part for h in (1, 2, 3)) for part in parts]
    return Audio(np.concatenate([0.05 * chord + 0.2 * click for chord in chords]), RATE)


def test_a_recording_has_its_report(manager: PluginManager) -> None:
    """Form, tempo and level of a sound that is known, with the provenance of both steps."""
    c_major, e_flat_minor = (261.6, 329.6, 392.0), (311.1, 370.0, 466.2)
    instance = manager.create_instance("recording_report")
    told: list[str] = []
    result = instance.execute(
        {"audio": piece(c_major, e_flat_minor, c_major)},
        {"shortest_section_s": 4, "gain_db": -6, "hop_length": 128},
        on_progress=lambda _, message: told.append(message),
    )
    assert result["form"] == "A B A"
    assert result["tempo_bpm"] == pytest.approx(120, abs=0.5)
    assert [row["key"] for row in result["table"][1:]] == ["C major", "D♯ minor", "C major"]
    assert result["true_peak_dbtp"] == result.steps["analysis"]["true_peak_dbtp"]
    np.testing.assert_allclose(
        result.steps["ingest"]["audio"].samples, result.inputs["audio"].samples * 10 ** (-6 / 20), rtol=1e-5
    )
    assert any(message.startswith("analysis: ") for message in told)
    provenance = result.provenance.as_dict()["steps"]
    assert [step["plugin_id"] for step in provenance.values()] == ["gain_node", "audio_analyzer"]
    assert result["figure"].format == "svg"

"""The laws of the Tuning desk: temperaments, taps, and answers that its own definition takes."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.definition.panel_answer import Answer, checked_answer
from schillinger_plugins.types import PluginContext

FOLDER = Path(__file__).parents[1]
DATA = json.loads((FOLDER / "plugin.json").read_text(encoding="utf-8"))["definition"]


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("tuning_desk_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


main = load()
temperaments, taps = sys.modules["tuning_temperaments"], sys.modules["tuning_taps"]
DEFINITION = NodeDefinition.parse(DATA, plugin_id="tuning_desk")
DEFAULTS = DEFINITION.check_parameters({}, plugin_id="tuning_desk")
NAMES = next(parameter.options for parameter in DEFINITION.parameters if parameter.name == "temperament")


@pytest.fixture
def desk() -> Any:
    return main.TuningDesk(PluginContext(seed=1))


def answer(desk: Any, kind: str, name: str = "", *, time_s: float = 0.0, **values: Any) -> Answer:
    event = {"kind": kind, "name": name, "value": None, "time_s": time_s}
    raw = asyncio.run(desk.on_event(event, {**DEFAULTS, **values}))
    return checked_answer(DEFINITION, raw, plugin_id="tuning_desk")


@pytest.mark.parametrize("temperament", NAMES)
def test_a_temperament_has_twelve_growing_notes_within_an_octave(temperament: str) -> None:
    """From the root, which is 1, to below 2."""
    ratios = temperaments.ratios(temperament)
    assert len(ratios) == 12
    assert ratios[0] == 1
    assert all(low < high for low, high in pairwise((*ratios, 2)))


@pytest.mark.parametrize("temperament", NAMES)
@pytest.mark.parametrize("root", ["C", "F♯", "B"])
def test_a4_is_where_it_is_set(temperament: str, root: str) -> None:
    """Whatever the temperament is built on."""
    assert temperaments.frequency_hz(69, 415.0, temperament, root) == pytest.approx(415.0)


def test_each_temperament_keeps_its_promise() -> None:
    """Pythagorean fifths are pure, meantone thirds are, just chords wholly; the equal fifth is 1.955 cents narrow."""
    just, fifths, meantone = (temperaments.ratios(name) for name in ("just", "Pythagorean", "quarter-comma meantone"))
    assert (just[4], just[7]) == (5 / 4, 3 / 2)
    assert fifths[7] == 3 / 2
    assert meantone[4] == pytest.approx(5 / 4)
    assert 1200 * math.log2(fifths[7] / temperaments.ratios("equal")[7]) == pytest.approx(1.955, abs=1e-3)


def test_equal_temperament_differs_from_itself_by_nothing() -> None:
    """All twelve deviations are 0 cents."""
    assert [round(cents, 9) for _, _, cents in temperaments.deviations(440, "equal", "E")] == [0] * 12


def test_taps_give_the_tempo_of_their_median() -> None:
    """One late tap doesn't move it; a pause, or a clock that goes backwards, begins anew."""
    times_s: list[float] = []
    for now_s in (10.0, 10.5, 11.0, 11.7, 12.2, 12.7):
        times_s = taps.tapped(times_s, now_s)
    assert taps.tempo_bpm(times_s) == pytest.approx(120)
    assert taps.tapped(times_s, 30.0) == [30.0]
    assert taps.tapped(times_s, 1.0) == [1.0]


def test_tapping_sets_the_tempo_and_a_reload_keeps_the_taps(desk: Any) -> None:
    """The third tap goes to another object that was given the state of the first."""
    answer(desk, "press", "tap", time_s=1.0)
    assert answer(desk, "press", "tap", time_s=1.6).values == {"tempo_bpm": 100.0}
    after = main.TuningDesk(PluginContext(seed=1))
    after.set_state(desk.get_state())
    assert answer(after, "press", "tap", time_s=2.2).message == "3 taps: 100 BPM"


@pytest.mark.parametrize("button", ["play_a", "play_chord", "play_scale", "click"])
def test_every_button_gives_a_sound_that_is_not_clipped(desk: Any, button: str) -> None:
    """And not silence either."""
    sound = answer(desk, "press", button, root="B", temperament="just").outputs["sound"]
    assert 0.05 < np.abs(sound.samples).max() < 1.0


def test_opening_gives_every_output(desk: Any) -> None:
    """So that the plugin can be run without its panel, too."""
    assert set(answer(desk, "open").outputs) == {output.name for output in DEFINITION.outputs}


def test_the_table_says_how_far_each_note_lies(desk: Any) -> None:
    """The just third on C is 13.7 cents narrow; A is where it was, and C moves with it."""
    rows = answer(desk, "change", "temperament", temperament="just").outputs["deviations"]
    cents = {row["note"]: float(row["cents"].replace("−", "-")) for row in rows}
    assert cents["A"] == 0
    assert cents["E"] - cents["C"] == pytest.approx(-13.7, abs=0.11)

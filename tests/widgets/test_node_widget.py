"""NodeWidget: parameters in step, runs that leave the kernel free."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import InputError, PluginExecutionError
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.node import NodeWidget
from schillinger_plugins.widgets.presets import SavedPresets

from .gain import DEFINITION, Plugin


def test_the_hand_sets_what_python_sees(node: NodeWidget) -> None:
    """A message from the page changes `parameters`."""
    node.set_state({"parameters": {"gain_db": -6, "mode": "cold"}})
    assert node.parameters == {"gain_db": -6.0, "mode": "cold"}
    assert node.parameter_errors == {}


def test_what_the_hand_may_not_set_is_told_at_its_control(node: NodeWidget) -> None:
    """A value out of range from the page leaves the old one, the others are taken."""
    node.set_state({"parameters": {"gain_db": 99, "mode": "cold"}})
    assert node.parameters == {"gain_db": 0.0, "mode": "cold"}
    assert "above the maximum" in node.parameter_errors["gain_db"]


def test_the_page_can_set_parameters_only(node: NodeWidget) -> None:
    """Status, level and definition belong to Python."""
    node.set_state({"level": "x", "status": "done", "definition": {}, "bundle_key": "evil", "permissions": [{}]})
    assert node.permissions == []
    assert (node.level, node.status) == ("full", "idle")
    assert node.definition["label"] == "Gain"


def test_python_may_not_set_nonsense(node: NodeWidget) -> None:
    """In a cell, a wrong value raises as `%plugin run` would."""
    with pytest.raises(InputError, match=r"\$\.parameters\.gain_db"):
        node.parameters = {"gain_db": 99}
    with pytest.raises(InputError, match="gain_db"):
        node.parameters = {"gian_db": 1}
    assert node.parameters["gain_db"] == 0.0


def test_parameters_left_out_have_their_defaults(node: NodeWidget) -> None:
    """Setting some resets the others; an empty mapping resets all."""
    node.parameters = {"mode": "cold"}
    node.reset()
    assert node.parameters == {"gain_db": 0.0, "mode": "warm"}


def test_a_run_gives_a_result(node: NodeWidget, plugin: Plugin) -> None:
    """Run calls the plugin with the parameters as they are, away from this thread, and reports."""
    node.parameters = {"gain_db": -6}
    node.on_request({"kind": "run"})
    assert node.wait(10) is plugin.result
    assert (node.status, node.progress, node.error) == ("done", 1.0, {})
    assert plugin.calls[0][1] == {"gain_db": -6.0, "mode": "warm"}
    assert node.summary == [{"label": "Peak", "text": "−3", "unit": "dB"}]


def test_the_kernel_is_free_while_a_node_runs(node: NodeWidget, plugin: Plugin) -> None:
    """Run returns at once, a second press does nothing, Cancel ends the call."""
    plugin.waits = True
    node.run()
    assert plugin.entered.wait(10)
    assert (node.status, node.progress, node.message) == ("running", 0.5, "half-way")
    node.run()
    node.on_request({"kind": "cancel"})
    assert node.wait(10) is None
    assert node.status == "cancelled"
    assert plugin.cancelled
    assert len(plugin.calls) == 1


def test_a_run_can_follow_a_cancelled_one(node: NodeWidget, plugin: Plugin) -> None:
    """After Cancel the node is as good as new."""
    plugin.waits = True
    node.run()
    assert plugin.entered.wait(10)
    node.cancel()
    node.wait(10)
    plugin.waits = False
    node.run()
    assert node.wait(10) is plugin.result


def test_a_failure_shows_the_plugins_own_traceback(node: NodeWidget, plugin: Plugin) -> None:
    """The error has type, message and traceback of the plugin; the last good result stays."""
    node.run()
    node.wait(10)
    plugin.error = PluginExecutionError("no", exception_type="ValueError", traceback_text="main.py, line 3")
    node.run()
    assert node.wait(10) is None
    assert node.status == "failed"
    assert node.error["traceback"] == "main.py, line 3"
    assert node.result is plugin.result


def test_an_unexpected_error_is_shown_too(node: NodeWidget, plugin: Plugin) -> None:
    """No exception is lost in the thread."""
    plugin.error = RuntimeError("strange")
    node.run()
    node.wait(10)
    assert node.error["message"] == "strange"


def test_audio_that_nobody_gave_is_a_test_tone(node: NodeWidget, plugin: Plugin) -> None:
    """A required sound is replaced by a labelled tone; an optional input is left out."""
    assert node.inputs_set == {"audio": {"state": "tone", "text": "test tone, 440 Hz, 2 s"}}
    tone = node.inputs["audio"]
    assert tone.duration_s == 2.0
    spectrum = np.abs(np.fft.rfft(tone.samples[0]))
    assert np.argmax(spectrum) / 2.0 == pytest.approx(440)
    assert np.abs(tone.samples[0][[0, -1]]).max() < 1e-3


def test_given_inputs_are_used_and_named(plugin: Plugin) -> None:
    """The node says what it was given, and gives it on."""
    sound = Audio(np.zeros(8000), 8000)
    node = NodeWidget(DEFINITION, run=plugin.run, inputs={"audio": sound})
    assert node.inputs_set["audio"] == {"state": "given", "text": "Audio(1 ch, 1.000 s, 8000 Hz)"}
    node.run()
    node.wait(10)
    assert plugin.calls[0][0]["audio"] is sound


def test_samples_with_their_rate_are_told_as_the_sound_they_are(plugin: Plugin) -> None:
    """Not as an array; what is none is told as it is, and refused by the run."""
    node = NodeWidget(DEFINITION, run=plugin.run, inputs={"audio": (np.zeros(800), 8000)})
    assert node.inputs_set["audio"]["text"] == "Audio(1 ch, 0.100 s, 8000 Hz)"
    assert isinstance(node.inputs["audio"], Audio)
    node.inputs = {"audio": (1, 2, 3)}
    assert node.inputs_set["audio"] == {"state": "given", "text": "(1, 2, 3)"}


def test_a_node_without_a_run_can_be_looked_at() -> None:
    """A definition alone is enough to draw; there is no Run button."""
    node = NodeWidget(DEFINITION)
    assert not node.can_run
    node.run()
    assert node.status == "idle"


def test_the_example_of_a_definition_is_used() -> None:
    """Example inputs and parameters fill the node, given ones go before."""
    data = DEFINITION.as_dict() | {
        "example": {"inputs": {"side": [1, 2]}, "parameters": {"gain_db": -3, "mode": "cold"}}
    }
    node = NodeWidget(NodeDefinition.parse(data, plugin_id="x"), parameters={"mode": "warm"})
    assert node.parameters == {"gain_db": -3.0, "mode": "warm"}
    assert node.inputs["side"] == [1, 2]


def test_a_cancel_right_after_run_is_not_lost(node: NodeWidget, plugin: Plugin) -> None:
    """Though the run's thread has not come to its call: every time, for both are sent at once."""
    plugin.waits = True
    for _ in range(20):
        node.run()
        node.cancel()
        node.wait(10)
        assert node.status == "cancelled"


def test_a_run_asked_for_as_the_last_one_ends_is_not_lost(node: NodeWidget, plugin: Plugin) -> None:
    """Who is told that it is done may press Run at once."""
    again = iter([True])
    node.observe(lambda change: change["new"] == "done" and next(again, False) and node.run(), "status")
    node.run()
    node.wait(10)
    assert len(plugin.calls) == 2
    assert node.status == "done"


def test_an_observer_that_fails_does_not_end_the_runs(
    node: NodeWidget, plugin: Plugin, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever listens for the status and raises: it is logged, and the node can run again."""
    node.observe(lambda change: 1 / 0, "status")
    for _ in range(2):
        node.run()
        node.wait(10)
    assert len(plugin.calls) == 2
    assert "an observer of a node failed" in caplog.text


def test_live_mode_runs_once_with_what_the_values_came_to(node: NodeWidget, plugin: Plugin) -> None:
    """A drag is many values, and one run with the last of them."""
    told = _told(node)
    for gain_db in range(-10, 0):
        node.set_state({"parameters": {"gain_db": gain_db, "mode": "warm"}, "live": True})
    assert told("done")
    node.wait(10)
    assert [call["gain_db"] for _, call in plugin.calls] == [-1.0]


def test_live_mode_drops_what_is_stale(node: NodeWidget, plugin: Plugin) -> None:
    """While a run goes on one waits, with the newest values; the outcome of the older one is never seen."""
    plugin.gate.clear()
    plugin.error = RuntimeError("stale")
    node.live = True
    assert plugin.entered.wait(10)
    waiting = threading.Event()
    node.observe(lambda change: change["new"] and waiting.set(), "waiting")
    for gain_db in (-1, -2, -3):
        node.parameters = {"gain_db": gain_db}
        assert waiting.wait(10)
    assert node.status == "running"
    failed = []
    node.observe(lambda change: failed.append(change["new"]) if change["new"] == "failed" else None, "status")
    node.observe(lambda change: setattr(plugin, "error", None), "waiting")
    node.live = False
    plugin.gate.set()
    assert node.wait(10) is plugin.result
    assert [call["gain_db"] for _, call in plugin.calls] == [0.0, -3.0]
    assert failed == []
    assert not node.waiting


def test_a_cancel_forgets_the_run_that_waits(node: NodeWidget, plugin: Plugin) -> None:
    """In live mode, too, Cancel ends all there is."""
    plugin.waits = True
    node.live = True
    assert plugin.entered.wait(10)
    waiting = threading.Event()
    node.observe(lambda change: change["new"] and waiting.set(), "waiting")
    node.parameters = {"gain_db": -3}
    assert waiting.wait(10)
    node.cancel()
    node.wait(10)
    assert (node.status, node.waiting, len(plugin.calls)) == ("cancelled", False, 1)


def test_presets_of_the_author_are_whole(node: NodeWidget) -> None:
    """What a preset doesn't name has its default; an unknown name is refused with those there are."""
    node.apply_preset("Loud")
    assert node.parameters == {"gain_db": 6.0, "mode": "warm"}
    with pytest.raises(InputError, match="no preset is called 'Warm'") as refused:
        node.apply_preset("Warm")
    assert refused.value.remedy == "there are Cool, Loud"


def test_saved_presets_are_there_in_the_next_session(plugin: Plugin, tmp_path: Path) -> None:
    """Saved by the hand, read by another node of the plugin, deleted again; the author's stay."""
    first = NodeWidget(DEFINITION, run=plugin.run, saved=SavedPresets("gain_node", folder=tmp_path))
    first.parameters = {"gain_db": -7}
    first.on_request({"kind": "save", "name": " Mine "})
    second = NodeWidget(DEFINITION, run=plugin.run, saved=SavedPresets("gain_node", folder=tmp_path))
    assert second.saved_presets == {"Mine": {"gain_db": -7.0, "mode": "warm"}}
    second.apply_preset("Mine")
    assert second.parameters["gain_db"] == -7.0
    second.on_request({"kind": "delete", "name": "Mine"})
    assert second.saved_presets == {}
    assert set(second.presets) == {"Cool", "Loud"}


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "\u202eevil"])
def test_a_preset_needs_a_name_that_can_be_shown(plugin: Plugin, tmp_path: Path, name: str) -> None:
    """Refused on the node, in words, and nothing is written."""
    node = NodeWidget(DEFINITION, run=plugin.run, saved=SavedPresets("gain_node", folder=tmp_path))
    node.on_request({"kind": "save", "name": name})
    assert "can't be called" in node.preset_error
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"format": 2, "presets": {}}', '{"format": 1, "presets": {"a": 1}}']
)
def test_a_broken_file_of_presets_is_told_and_left_alone(plugin: Plugin, tmp_path: Path, text: str) -> None:
    """The node is drawn without them; saving doesn't overwrite what somebody may want to mend."""
    file = tmp_path / "gain_node.json"
    file.write_text(text)
    node = NodeWidget(DEFINITION, run=plugin.run, saved=SavedPresets("gain_node", folder=tmp_path))
    assert str(file) in node.preset_error
    with pytest.raises(InputError, match="can't be read"):
        node.save_preset("Mine")
    assert file.read_text() == text


def test_a_preset_of_another_version_keeps_what_fits(plugin: Plugin, tmp_path: Path) -> None:
    """A value that is out of range now, and a parameter that is gone, have no say."""
    saved = SavedPresets("gain_node", folder=tmp_path)
    saved.save("Old", {"gain_db": 99, "mode": "cold", "gone": 1})
    node = NodeWidget(DEFINITION, run=plugin.run, saved=saved)
    assert node.saved_presets == {"Old": {"gain_db": 0.0, "mode": "cold"}}


@pytest.mark.parametrize(
    ("frames", "columns"), [(0, 0), (1, 1), (100_000, 240)], ids=["no sound", "one frame", "two seconds"]
)
def test_a_node_with_a_curve_has_the_outline_of_its_sound(frames: int, columns: int) -> None:
    """Bounded, whatever the length, and finite, whatever is in it."""
    data = DEFINITION.as_dict() | {"parameters": [{"name": "curve", "type": "breakpoints"}], "presets": {}}
    samples = np.full((2, frames), 0.5, np.float32)
    samples[1] = np.nan
    node = NodeWidget(NodeDefinition.parse(data, plugin_id="x"), inputs={"audio": Audio(samples, 50_000)})
    assert node.waveform["duration_s"] == pytest.approx(frames / 50_000)
    assert len(node.waveform["lows"]) == len(node.waveform["highs"]) == columns
    assert np.isfinite(node.waveform["highs"]).all()


def test_a_node_without_a_curve_carries_no_outline(node: NodeWidget) -> None:
    """It would be stored in the notebook for nothing."""
    assert node.waveform == {}


def _told(node: NodeWidget, trait: str = "status", of: Any = lambda value: value) -> Any:
    """A function that waits until the trait has had a value, from now on."""
    seen: set[Any] = set()
    changed = threading.Condition()

    def note(change: Any) -> None:
        with changed:
            seen.add(of(change["new"]))
            changed.notify_all()

    def wait(value: Any) -> bool:
        with changed:
            return changed.wait_for(lambda: value in seen, 10)

    node.observe(note, trait)
    return wait


def _finished(name: str) -> None:
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(10)

"""NodeWidget: what it tells of a run, and what it keeps when something is refused, ends or becomes another."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import PluginExecutionError
from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets import node as node_module
from schillinger_plugins.widgets.node import NodeWidget
from schillinger_plugins.widgets.presets import SavedPresets
from schillinger_plugins.widgets.summary import MAX_TEXT, failure_of, summary_of

from .gain import DEFINITION, Plugin


def _with(**changes: Any) -> NodeDefinition:
    return NodeDefinition.parse({**DEFINITION.as_dict(), **changes}, plugin_id="gain_node")


def test_a_value_that_is_refused_leaves_the_one_before(node: NodeWidget) -> None:
    """Not the default; and what was said of it goes when Python sets what fits."""
    node.parameters = {"gain_db": -3}
    node.set_state({"parameters": {"gain_db": 99, "mode": "cold"}})
    assert node.parameters == {"gain_db": -3.0, "mode": "cold"}
    assert set(node.parameter_errors) == {"gain_db"}
    node.parameters = {"gain_db": -4}
    assert node.parameter_errors == {}


def test_a_new_run_says_nothing_of_the_failure_before(node: NodeWidget, plugin: Plugin) -> None:
    """From its beginning on."""
    plugin.error = RuntimeError("no")
    node.run()
    node.wait(10)
    assert node.error["message"] == "no"
    plugin.gate.clear()
    plugin.entered.clear()
    node.run()
    assert plugin.entered.wait(10)
    assert (node.status, node.error) == ("running", {})
    plugin.gate.set()
    node.wait(10)


def test_a_run_that_is_done_says_how_long_it_took(node: NodeWidget) -> None:
    """In milliseconds, as the plugin's call was measured."""
    node.run()
    node.wait(10)
    assert node.message == "250 ms"


def test_progress_is_told_now_and_then_and_its_end_for_certain(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that tells of every sample doesn't flood the page."""
    monkeypatch.setattr(node_module, "_TELL_EVERY_S", 1e12)

    async def run(inputs: Any, parameters: Any, *, on_progress: Any) -> Result:
        for step in range(1, 101):
            on_progress(step / 100, f"step {step}")
        return plugin.result

    node = NodeWidget(DEFINITION, run=run)
    told: list[str] = []
    node.observe(lambda change: told.append(change["new"]), "message")
    node.run()
    node.wait(10)
    assert told == ["step 100", "250 ms"]


def test_live_mode_waits_for_an_input_that_is_missing(plugin: Plugin) -> None:
    """It says what it needs, and runs when that is given."""
    inputs = [{"name": "x", "type": "array"}]
    node = NodeWidget(_with(inputs=inputs), run=plugin.run)
    node.live = True
    node.parameters = {"gain_db": -3}
    assert node.wait(10) is None
    assert node.inputs_set == {"x": {"state": "missing", "text": "not given"}}
    assert plugin.calls == []
    node.inputs = {"x": [1, 2]}
    assert node.wait(10) is plugin.result


def test_live_mode_waits_until_values_stand_still(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drag isn't run with on its way."""
    monkeypatch.setattr(node_module, "LIVE_S", 600.0)
    node = NodeWidget(DEFINITION, run=plugin.run)
    node.live = True
    node.wait(0.3)
    node.cancel()
    assert plugin.calls == []


def test_cancel_forgets_a_change_that_has_not_settled(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    """No run begins behind the back of who has pressed it."""
    monkeypatch.setattr(node_module, "LIVE_S", 5.0)
    node = NodeWidget(DEFINITION, run=plugin.run)
    node.live = True
    node.on_request({"kind": "cancel"})
    node.wait(10)
    assert plugin.calls == []


def test_a_node_that_has_ended_runs_no_more(node: NodeWidget, plugin: Plugin) -> None:
    """In live mode, too; it says why."""
    node.live = True
    node.wait(10)
    node.end("its instance is gone")
    calls = len(plugin.calls)
    node.parameters = {"gain_db": -3}
    node.wait(10)
    assert (node.live, node.can_run, node.message) == (False, False, "its instance is gone")
    assert len(plugin.calls) == calls


def test_only_the_failure_that_was_mended_is_forgiven(node: NodeWidget, plugin: Plugin) -> None:
    """A grant doesn't hide that the plugin itself has failed."""
    plugin.error = PluginExecutionError("no", exception_type="ValueError", traceback_text="main.py")
    node.run()
    node.wait(10)
    node.forgive("PermissionDenied", "granted")
    assert (node.status, node.error["message"]) == ("failed", "no")
    node.forgive("PluginExecutionError", "mended")
    assert (node.status, node.message, node.error) == ("idle", "mended", {})


def test_a_node_of_another_version_has_its_presets(node: NodeWidget) -> None:
    """The author's of then are gone."""
    node.become(_with(presets={"Soft": {"gain_db": -20}}))
    assert node.presets == {"Soft": {"gain_db": -20.0, "mode": "warm"}}


def test_a_saved_preset_goes_before_the_authors_of_that_name(plugin: Plugin, tmp_path: Path) -> None:
    """Who saves one as Loud means that one by Loud."""
    node = NodeWidget(DEFINITION, run=plugin.run, saved=SavedPresets("gain_node", folder=tmp_path))
    node.parameters = {"gain_db": 3}
    node.save_preset("Loud")
    node.reset()
    node.apply_preset("Loud")
    assert node.parameters["gain_db"] == 3.0


def test_an_optional_sound_that_nobody_gave_is_left_out() -> None:
    """The test tone stands for what a plugin can't do without."""
    inputs = [{"name": "audio", "type": "audio"}, {"name": "side", "type": "audio", "required": False}]
    node = NodeWidget(_with(inputs=inputs))
    assert set(node.inputs) == set(node.inputs_set) == {"audio"}


def test_the_outline_is_that_of_all_channels() -> None:
    """The lowest and the highest of any of them, where they are."""
    samples = np.stack([np.linspace(0, 0.5, 1000), np.linspace(0, -0.75, 1000)]).astype(np.float32)
    parameters = [{"name": "curve", "type": "breakpoints"}]
    node = NodeWidget(_with(parameters=parameters, presets={}), inputs={"audio": Audio(samples, 1000)})
    assert (node.waveform["highs"][-1], node.waveform["lows"][-1]) == (0.5, -0.75)
    assert (node.waveform["highs"][0], node.waveform["lows"][0]) == (0.0, 0.0)


def test_of_a_long_traceback_the_end_is_told() -> None:
    """Where the reason is."""
    text = failure_of(PluginExecutionError("no", exception_type="E", traceback_text="x" * MAX_TEXT + "the reason"))
    assert text["traceback"].endswith("the reason")
    assert len(text["traceback"]) == MAX_TEXT


def test_a_result_at_a_glance(analysis: Result) -> None:
    """Its figures with their units, what it gave of sound, and how many outputs more; the input is no result."""
    assert summary_of(analysis) == [
        {"label": "Tempo", "text": "120", "unit": "BPM"},
        {"label": "Key", "text": "A minor", "unit": ""},
        {"label": "Loudness", "text": "−∞", "unit": "LUFS"},
        {"label": "also", "text": "7 more outputs", "unit": ""},
    ]


def test_a_full_list_of_presets_takes_a_new_value_and_no_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor more bytes than are kept; what was there stays, and it is told what helps."""
    monkeypatch.setattr("schillinger_plugins.widgets.presets.MAX_PRESETS", 1)
    saved = SavedPresets("gain_node", folder=tmp_path)
    node = NodeWidget(DEFINITION, saved=saved)
    for value, name, said in ((1, "Mine", ""), (2, "Other", "delete one"), (3, "Mine", "")):
        node.parameters = {"gain_db": value}
        node.on_request({"kind": "save", "name": name})
        assert said in node.preset_error
    assert saved.read() == {"Mine": {"gain_db": 3.0, "mode": "warm"}}
    there = (tmp_path / "gain_node.json").stat().st_size
    monkeypatch.setattr("schillinger_plugins.widgets.presets.MAX_PRESETS", 2)
    monkeypatch.setattr("schillinger_plugins.widgets.presets.MAX_BYTES", there + 1)
    node.on_request({"kind": "save", "name": "Other"})
    assert "the presets would have" in node.preset_error
    assert list(saved.read()) == ["Mine"]


def test_two_notebooks_lose_no_preset_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who saves while another one does waits for it."""
    meeting = threading.Barrier(2)
    read = SavedPresets.read

    def read_and_meet(saved: SavedPresets) -> Any:
        presets = read(saved)
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)  # both would have read the same
        return presets

    monkeypatch.setattr(SavedPresets, "read", read_and_meet)
    threads = [
        threading.Thread(target=SavedPresets("gain_node", folder=tmp_path).save, args=(name, {})) for name in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert set(read(SavedPresets("gain_node", folder=tmp_path))) == {"a", "b"}

"""NodeWidget: parameters in step, runs that leave the kernel free."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import InputError, PluginExecutionError
from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.node import NodeWidget

DEFINITION = NodeDefinition.parse(
    {
        "type": "gain_node",
        "label": "Gain",
        "inputs": [{"name": "audio", "type": "audio"}, {"name": "side", "type": "array", "required": False}],
        "outputs": [{"name": "peak", "label": "Peak", "type": "number", "unit": "dB"}],
        "parameters": [
            {"name": "gain_db", "type": "number", "default": 0, "min": -96, "max": 24, "unit": "dB"},
            {"name": "mode", "type": "choice", "default": "warm", "options": ["warm", "cold"]},
        ],
    },
    plugin_id="gain_node",
)


class _Plugin:
    """Stands for an instance: records its calls, waits when it is told to, and gives a result or raises."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.calls: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
        self.entered = threading.Event()
        self.waits = False
        self.error: Exception | None = None
        self.cancelled = False

    async def run(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any], *, on_progress: Any = None) -> Result:
        self.calls.append((inputs, parameters))
        on_progress(0.5, "half-way")
        self.entered.set()
        try:
            if self.waits:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.error is not None:
            raise self.error
        return self.result


@pytest.fixture
def plugin(make_result: Any) -> _Plugin:
    return _Plugin(make_result([{"name": "peak", "label": "Peak", "type": "number", "unit": "dB"}], {"peak": -3.0}))


@pytest.fixture
def node(plugin: _Plugin) -> NodeWidget:
    return NodeWidget(DEFINITION, run=plugin.run, plugin_id="gain_node", level="full")


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
    node.set_state({"level": "x", "status": "done", "definition": {}, "bundle_key": "evil"})
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


def test_a_run_gives_a_result(node: NodeWidget, plugin: _Plugin) -> None:
    """Run calls the plugin with the parameters as they are, away from this thread, and reports."""
    node.parameters = {"gain_db": -6}
    node.on_request({"kind": "run"})
    assert node.wait(10) is plugin.result
    assert (node.status, node.progress, node.error) == ("done", 1.0, {})
    assert plugin.calls[0][1] == {"gain_db": -6.0, "mode": "warm"}
    assert node.summary == [{"label": "Peak", "text": "−3", "unit": "dB"}]


def test_the_kernel_is_free_while_a_node_runs(node: NodeWidget, plugin: _Plugin) -> None:
    """Run returns at once, a second press does nothing, Cancel ends the call."""
    plugin.waits = True
    node.run()
    assert plugin.entered.wait(10)
    assert (node.status, node.message) == ("running", "half-way")
    node.run()
    node.on_request({"kind": "cancel"})
    assert node.wait(10) is None
    assert node.status == "cancelled"
    assert plugin.cancelled
    assert len(plugin.calls) == 1


def test_a_run_can_follow_a_cancelled_one(node: NodeWidget, plugin: _Plugin) -> None:
    """After Cancel the node is as good as new."""
    plugin.waits = True
    node.run()
    assert plugin.entered.wait(10)
    node.cancel()
    node.wait(10)
    plugin.waits = False
    node.run()
    assert node.wait(10) is plugin.result


def test_a_failure_shows_the_plugins_own_traceback(node: NodeWidget, plugin: _Plugin) -> None:
    """The error has type, message and traceback of the plugin; the last good result stays."""
    node.run()
    node.wait(10)
    plugin.error = PluginExecutionError("no", exception_type="ValueError", traceback_text="main.py, line 3")
    node.run()
    assert node.wait(10) is None
    assert node.status == "failed"
    assert node.error["traceback"] == "main.py, line 3"
    assert node.result is plugin.result


def test_an_unexpected_error_is_shown_too(node: NodeWidget, plugin: _Plugin) -> None:
    """No exception is lost in the thread."""
    plugin.error = RuntimeError("strange")
    node.run()
    node.wait(10)
    assert node.error["message"] == "strange"


def test_audio_that_nobody_gave_is_a_test_tone(node: NodeWidget, plugin: _Plugin) -> None:
    """A required sound is replaced by a labelled tone; an optional input is left out."""
    assert node.inputs_set == {"audio": {"state": "tone", "text": "test tone, 440 Hz, 2 s"}}
    tone = node.inputs["audio"]
    assert tone.duration_s == 2.0
    spectrum = np.abs(np.fft.rfft(tone.samples[0]))
    assert np.argmax(spectrum) / 2.0 == pytest.approx(440)
    assert np.abs(tone.samples[0][[0, -1]]).max() < 1e-3


def test_given_inputs_are_used_and_named(plugin: _Plugin) -> None:
    """The node says what it was given, and gives it on."""
    sound = Audio(np.zeros(8000), 8000)
    node = NodeWidget(DEFINITION, run=plugin.run, inputs={"audio": sound})
    assert node.inputs_set["audio"] == {"state": "given", "text": "Audio(1 ch, 1.000 s, 8000 Hz)"}
    node.run()
    node.wait(10)
    assert plugin.calls[0][0]["audio"] is sound


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

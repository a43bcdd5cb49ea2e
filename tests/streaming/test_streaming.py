"""Sound through an effect block by block, in a confined worker."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import Audio, Instance, PluginManager
from schillinger_plugins.errors import Busy, DefinitionError, InputError, PluginExecutionError, WorkerCrashed

RATE = 48_000
EFFECT = """
import os, time
import numpy as np
from typing import Annotated, TypedDict
from schillinger_plugins.types import Audio, EffectPlugin, Parameter

class Settings(TypedDict):
    gain: Annotated[float, Parameter(1.0, min=0, max=10)]
    way: str

class Sum(EffectPlugin):
    "Integrates: what comes out depends on every block before."
    latency_frames = 3
    tail_s = 0.25

    def reset(self):
        self.sum = 0.0

    def process(self, block: Audio, parameters: Settings):
        match parameters["way"]:
            case "raise": raise ValueError("no")
            case "exit": os._exit(3)
            case "spin":
                while True: time.sleep(0.01)
            case "short": return Audio(block.samples[:, :-1], block.sample_rate)
            case "random": return Audio(block.samples + self.context.random.random(), block.sample_rate)
        out = np.cumsum(block.samples * parameters["gain"], axis=1) + self.sum
        if block.frames: self.sum = float(out[0, -1])
        return Audio(out, block.sample_rate)
"""
SAMPLES = np.random.default_rng(1).integers(-3, 4, (1, 1000)).astype(np.float32)


@pytest.fixture
def effect(manager: PluginManager, write_plugin: Callable[..., Any]) -> Instance:
    return manager.create_instance(manager.load(write_plugin("sum", main=EFFECT, plugin_type="EFFECT")).id)


def cut(*sizes: int) -> list[Audio]:
    edges = np.cumsum([0, *sizes])
    return [Audio(SAMPLES[:, start:end], RATE) for start, end in itertools.pairwise(edges)]


@pytest.mark.parametrize("sizes", [(1000,), (128, 0, 1, 871), (10,) * 100])
def test_where_it_is_cut_makes_no_difference(effect: Instance, sizes: tuple[int, ...]) -> None:
    """The effect remembers what came before, down to blocks of no frames."""
    with effect.stream() as stream:
        out = np.concatenate([stream.process(block).samples for block in cut(*sizes)], axis=1)
    np.testing.assert_array_equal(out, np.cumsum(SAMPLES, axis=1))


def test_a_stream_begins_anew(effect: Instance) -> None:
    """Nothing of the stream before is left."""
    for _ in range(2):
        with effect.stream() as stream:
            assert stream.process(cut(1)[0]).samples[0, 0] == SAMPLES[0, 0]


def test_parameters_hold_until_they_change(effect: Instance) -> None:
    """One that is given with a block holds for those after it, too."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    with effect.stream({"gain": 2}) as stream:
        given: list[dict[str, Any]] = [{}, {"gain": 3}, {}]
        steps = [float(stream.process(ones, **changes).samples[0, 0]) for changes in given]
        assert steps == [2, 5, 8]
        assert stream.parameters["gain"] == 3


def test_a_parameter_out_of_range_changes_nothing(effect: Instance) -> None:
    """It is refused by name, and the stream goes on as before."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    with effect.stream() as stream:
        with pytest.raises(InputError, match="parameter `gain` is 11, above the maximum 10"):
            stream.process(ones, gain=11)
        assert stream.process(ones).samples[0, 0] == 1


def test_the_delay_is_known(effect: Instance) -> None:
    """Latency in frames and tail in seconds, as the effect declares them."""
    with effect.stream() as stream:
        assert (stream.latency_frames, stream.tail_s) == (3, 0.25)


def test_while_it_streams_nothing_else_is_called(effect: Instance) -> None:
    """A whole sound in between would disturb it: refused, as is a second stream, until the first one is closed."""
    sound = Audio(SAMPLES, RATE)
    with effect.stream():
        with pytest.raises(Busy, match="it is streaming → close the stream, or create another instance"):
            effect.execute({"audio": sound})
        with pytest.raises(Busy), effect.stream():
            pass
    effect.execute({"audio": sound})


def test_only_an_effect_that_processes_can_be_streamed(
    manager: PluginManager, write_plugin: Callable[..., Any]
) -> None:
    """A node is refused at once, an effect with nothing but execute() when the stream begins; both stay usable."""
    node = manager.create_instance(manager.load(write_plugin()).id)
    with pytest.raises(InputError, match="only an effect can be streamed"), node.stream():
        pass
    process = "def process(self, block: Audio, parameters: Settings)"
    main = EFFECT.replace(process, "async def execute(self, inputs, parameters)")
    whole = manager.create_instance(manager.load(write_plugin("whole", main=main, plugin_type="EFFECT")).id)
    with pytest.raises(InputError, match="no process"), whole.stream():
        pass
    assert whole.state == "ready"


def test_a_block_that_raises_does_not_end_the_stream(effect: Instance) -> None:
    """The author's line is told, and what was heard before is still known."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    with effect.stream() as stream:
        stream.process(ones)
        with pytest.raises(PluginExecutionError, match="ValueError: no") as caught:
            stream.process(ones, way="raise")
        assert 'case "raise"' in caught.value.traceback_text
        assert stream.process(ones, way="").samples[0, 0] == 2


def test_a_worker_that_dies_is_replaced_between_two_blocks(effect: Instance) -> None:
    """The stream goes on; the effect has forgotten what it heard."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    with effect.stream() as stream:
        stream.process(ones)
        with pytest.raises(WorkerCrashed):
            stream.process(ones, way="exit")
        assert stream.process(ones, way="").samples[0, 0] == 1


def test_a_block_of_another_shape_is_not_believed(effect: Instance) -> None:
    """What comes out has the shape of what went in."""
    with effect.stream() as stream, pytest.raises(DefinitionError, match="for a block of 1 channels, 10 frames"):
        stream.process(cut(10)[0], way="short")


def test_what_is_no_audio_is_refused(effect: Instance) -> None:
    """With what to pass instead."""
    with effect.stream() as stream, pytest.raises(InputError, match="a block is Audio, not ndarray"):
        stream.process(SAMPLES)  # type: ignore[arg-type]  # wrong on purpose


def test_an_interrupt_ends_the_block_alone(effect: Instance) -> None:
    """Ctrl-C in a block that hangs raises at once; the next block is processed."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    with effect.stream() as stream:
        stream.process(ones)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            stream.process(ones, way="spin")
        assert stream.process(ones, way="").samples[0, 0] == 2


def test_noise_is_repeatable_from_the_seed(effect: Instance) -> None:
    """Random numbers go on from block to block, and begin anew with the stream."""

    def heard(seed: int) -> list[float]:
        with effect.stream({"way": "random"}, seed=seed) as stream:
            return [float(stream.process(block).samples[0, 0]) for block in cut(1, 1, 1)]

    assert heard(1) == heard(1) != heard(2)
    assert len(set(heard(1))) == 3


def test_a_reload_happens_between_two_blocks(effect: Instance, manager: PluginManager) -> None:
    """The stream goes on with the new code, and with the state that is plain data."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    main = effect.plugin.root / "main.py"
    with effect.stream() as stream:
        stream.process(ones)
        main.write_text(main.read_text().replace("+ self.sum", "+ self.sum + 100"))
        manager.reload("sum")
        assert stream.process(ones).samples[0, 0] == 102


def test_parameters_follow_a_reload(effect: Instance, manager: PluginManager) -> None:
    """One that is called otherwise now keeps its value, by either name; one that is gone is left."""
    ones = Audio(np.ones((1, 1), np.float32), RATE)
    main = effect.plugin.root / "main.py"
    with effect.stream({"gain": 3}) as stream:
        stream.process(ones)
        code = main.read_text().replace("gain: ", "factor: ").replace("max=10)", "max=10, aliases=['gain'])")
        main.write_text(
            code.replace("    way: str\n", "").replace('["gain"]', '["factor"]').replace('parameters["way"]', '""')
        )
        manager.reload("sum")
        assert stream.process(ones).samples[0, 0] == 6
        assert stream.parameters == {"factor": 3}
        assert stream.process(ones, gain=4).samples[0, 0] == 10


def test_a_traceback_has_the_authors_lines_alone(effect: Instance) -> None:
    """Neither what called the plugin nor the base class in between is told."""
    with pytest.raises(PluginExecutionError) as caught:
        effect.execute({"audio": cut(10)[0]}, {"way": "raise"})
    assert caught.value.traceback_text.count('File "') == 1
    assert [site.function for site in caught.value.sites] == ["process"]
    with pytest.raises(PluginExecutionError, match=r"process\(\) was given \(1, 10\)") as caught:
        effect.execute({"audio": cut(10)[0]}, {"way": "short"})
    assert "ValueError" in caught.value.traceback_text

"""Exercises, asked of plugins that do what is asked and of those that don't quite."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError, UnknownPlugin
from schillinger_plugins.exercises import EXERCISES, find

TYPES = {
    "backwards": "EFFECT",
    "panner": "NODE",
    "take_counter": "NODE",
    "normalizer": "EFFECT",
    "notebook_page": "NODE",
    "echo": "EFFECT",
    "brightness": "ANALYSIS",
}
HEAD = """
from typing import Annotated, TypedDict
import numpy as np
from schillinger_plugins.types import *

class Sound(TypedDict):
    audio: Audio
"""
RIGHT = {
    "exercise_1": """
class It(EffectPlugin):
    async def execute(self, inputs: Sound, parameters) -> Sound:
        sound = inputs["audio"]
        return {"audio": Audio(sound.samples[:, ::-1], sound.sample_rate)}
""",
    "exercise_2": """
class Where(TypedDict):
    position: Annotated[float, Parameter(0.0, min=-1, max=1)]

class It(NodePlugin):
    async def execute(self, inputs: Sound, parameters: Where) -> Sound:
        angle = (parameters["position"] + 1) * np.pi / 4
        mono = inputs["audio"].mono()
        return {"audio": Audio(np.stack([mono * np.cos(angle), mono * np.sin(angle)]), inputs["audio"].sample_rate)}
""",
    "exercise_3": """
class Take(TypedDict):
    take: int

class It(NodePlugin):
    takes = 0
    async def execute(self, inputs, parameters) -> Take:
        self.takes += 1
        return {"take": self.takes}
""",
    "exercise_4": """
class Peak(TypedDict):
    peak: Annotated[float, Parameter(1.0, min=0, max=1)]

class It(EffectPlugin):
    async def execute(self, inputs: Sound, parameters: Peak) -> Sound:
        samples = np.nan_to_num(inputs["audio"].samples)
        loudest = np.abs(samples).max(initial=0)
        gain = parameters["peak"] / loudest if loudest else 1
        return {"audio": Audio(samples * gain, inputs["audio"].sample_rate)}
""",
    "exercise_5": """
class Text(TypedDict):
    text: str
class Page(TypedDict):
    words: int
    path: str

class It(NodePlugin):
    async def execute(self, inputs: Text, parameters) -> Page:
        page = self.context.scratch / "page.txt"
        page.write_text(inputs["text"])
        return {"words": len(page.read_text().split()), "path": str(page)}
""",
    "exercise_6": """
class It(EffectPlugin):
    tail_s = 0.1
    def reset(self):
        self.kept = None
    def process(self, block, parameters):
        if self.kept is None:
            self.kept = np.zeros((block.channels, 100), np.float32)
        line = np.concatenate([self.kept, block.samples], axis=1)
        self.kept = line[:, -100:].copy()
        return Audio(block.samples + line[:, : block.frames] * np.float32(0.5), block.sample_rate)
""",
    "exercise_7": """
class Curve(TypedDict):
    crossings: Annotated[np.ndarray, Output(unit="Hz", sample_type="one_per_step", times="times_s")]
    times_s: Annotated[np.ndarray, Output(unit="s")]

class It(AnalysisPlugin):
    async def execute(self, inputs: Sound, parameters) -> Curve:
        sound = inputs["audio"]
        step = sound.sample_rate // 10
        crosses = np.diff(np.signbit(sound.mono()), prepend=False)
        counts = crosses[: sound.frames // step * step].reshape(-1, step).sum(axis=1)
        return {"crossings": counts / 0.1, "times_s": (np.arange(counts.size) + 0.5) / 10}
""",
}
# What learners do: the exercise, what they wrote instead, and what they are told.
SLIPS = [
    ("exercise_1", ("[:, ::-1]", ""), "came back as it was"),
    ("exercise_1", ("[:, ::-1]", "[::-1, ::-1]"), "the channels have changed places"),
    ("exercise_1", ("sound.sample_rate", "44100"), "8000 Hz became 44100 Hz"),
    ("exercise_2", ("min=-1, max=1", "min=0, max=1"), "its range is 0 to 1"),
    ("exercise_2", ("position: ", "place: "), "no parameter `position`; it has `place`"),
    ("exercise_2", ("np.cos(angle)", "(1 - angle / np.pi * 2)"), "the squares add up to"),
    ("exercise_3", ("self.takes += 1\n", "self.takes = 1\n"), "it says 1 each time"),
    ("exercise_3", ("self.takes", "type(self).takes"), "a reload"),
    ("exercise_3", ("takes = 0\n", "takes = -1\n"), "it begins with 0"),
    ("exercise_4", ("np.abs(samples).max", "samples.max"), "the loudest sample may be negative"),
    ("exercise_4", (" if loudest else 1", ""), "silence became NaN"),
    ("exercise_4", ('np.nan_to_num(inputs["audio"].samples)', 'inputs["audio"].samples'), "np.nan_to_num"),
    ("exercise_5", (".split()", ".split(' ')"), "text.split() parts at any white space"),
    ("exercise_5", ("str(page)", "'/tmp/page.txt'"), "%plugin trace shows"),
    ("exercise_6", ("self.kept = line[:, -100:].copy()", "self.kept = block.samples[:, -100:].copy()"), "in blocks of"),
    ("exercise_6", ("self.kept = None\n", "self.kept = getattr(self, 'kept', None)\n"), "forget the kept frames"),
    ("exercise_6", ("tail_s = 0.1", "tail_s = 100"), "tail_s is in seconds"),
    ("exercise_7", ("counts / 0.1", "counts"), "that is per tenth"),
    ("exercise_7", (', times="times_s"', ""), "name the output that has them"),
]


@pytest.fixture
def wrongs(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[[str, str], list[str]]:
    """Write a learner's plugin for an exercise, and what it is told."""

    def wrongs(name: str, code: str) -> list[str]:
        exercise = find(name)
        folder = write_plugin(exercise.plugin_id, main=HEAD + code, plugin_type=TYPES[exercise.plugin_id])
        manager.load(folder)
        return [answer.wrong for answer in exercise.check(manager) if not answer.right]

    return wrongs


@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_is_right(wrongs: Callable[[str, str], list[str]], name: str) -> None:
    """What the exercise asks for passes every question of it."""
    assert wrongs(name, RIGHT[name]) == []


@pytest.mark.parametrize(("name", "slip", "told"), SLIPS, ids=[f"{n}-{t[:20]}" for n, _, t in SLIPS])
def test_a_slip_is_told(wrongs: Callable[[str, str], list[str]], name: str, slip: tuple[str, str], told: str) -> None:
    """A plugin that is wrong in one way is told what came back, and what to try."""
    assert slip[0] in RIGHT[name]
    assert any(told in wrong for wrong in wrongs(name, RIGHT[name].replace(*slip)))


def test_a_plugin_that_raises_is_told_why(wrongs: Callable[[str, str], list[str]]) -> None:
    """Every question is asked even so."""
    told = wrongs("exercise_1", RIGHT["exercise_1"].replace("sound = inputs", "sound = input"))
    assert len(told) == 4
    assert all("it failed: backwards: TypeError" in one for one in told)


def test_the_plugin_has_to_be_there(manager: PluginManager) -> None:
    """Before it is written there is nothing to check."""
    with pytest.raises(UnknownPlugin):
        find("exercise_1").check(manager)


@pytest.mark.parametrize("name", ["exercise_3", "3", "take_counter"])
def test_an_exercise_has_its_number_and_its_plugin_for_a_name(name: str) -> None:
    """Whichever of them a learner has in mind."""
    assert find(name).name == "exercise_3"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("exercize_3", "did you mean exercise_3?"),
        ("Exercise 3", "did you mean exercise_3?"),
        ("take_conter", "did you mean exercise_3?"),
        ("exercise_99", "there are exercise_1 to exercise_7: %plugin check lists them"),
        ("99", "there are exercise_1 to exercise_7"),
        ("exercise", "there are exercise_1 to exercise_7"),
    ],
)
def test_a_misspelt_exercise_is_named(name: str, told: str) -> None:
    """With the one that is meant; a number that there is not has no nearest one."""
    with pytest.raises(InputError, match=re.escape(told)):
        find(name)


def test_nothing_of_the_check_stays(manager: PluginManager, wrongs: Callable[[str, str], Any]) -> None:
    """The instances that were asked are gone."""
    wrongs("exercise_3", RIGHT["exercise_3"])
    assert not [i for i in manager.instances.values() if i.plugin_id == "take_counter"]

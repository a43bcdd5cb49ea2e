"""What each of the eight base classes promises is written where an author's editor shows it."""

from __future__ import annotations

import inspect
import re

import pytest

from schillinger_plugins import types
from schillinger_plugins.types import Audio, EffectPlugin, Event, GeneratorPlugin, Plugin, UIPlugin

BASES = [
    kind for kind in vars(types).values() if inspect.isclass(kind) and issubclass(kind, Plugin) and kind is not Plugin
]
WRITTEN = {EffectPlugin: "process", GeneratorPlugin: "generate", UIPlugin: "on_event"}
"""What an author writes, where it is not `execute`."""


def test_there_are_eight_types() -> None:
    """Each with a base class of its own."""
    assert sorted(kind.plugin_type for kind in BASES) == (
        "ANALYSIS EFFECT GENERATOR INTEGRATION NODE UI VISUALIZATION WORKFLOW".split()
    )


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.plugin_type)
def test_what_an_author_writes_is_documented(base: type[Plugin]) -> None:
    """Each argument by its name, what comes back, and what becomes of an error."""
    method = getattr(base if base in WRITTEN else Plugin, WRITTEN.get(base, "execute"))
    text = inspect.getdoc(method) or ""
    arguments = [name for name in inspect.signature(method).parameters if name != "self"]
    told = text.partition("Parameters\n")[2].partition("Returns\n")[0]
    assert all(re.search(rf"^(\w+, )*{name}(, \w+)* : ", told, re.MULTILINE) for name in arguments)
    assert re.search(r"^(Returns|Yields)\n-+\n\w", text, re.MULTILINE)
    assert re.search(r"^Raises\n-+\n\w", text, re.MULTILINE)
    assert len((base.__doc__ or "").split()) > 5


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (Audio, ["shape=(channels, frames)", "full scale ±1", "Hz"]),
        (Event, ["in seconds", "MIDI", "0 to 1"]),
        (types.AnalysisPlugin, ["``(steps,)``", "``(bins, steps)``", "in seconds"]),
        (EffectPlugin, ["latency_frames", "tail_s", "in seconds"]),
        (EffectPlugin.process, ["``(channels, frames)``", "rate in Hz"]),
        (types.IntegrationPlugin, ["PermissionError", "OSError"]),
    ],
    ids=lambda thing: getattr(thing, "__name__", ""),
)
def test_shapes_and_units_are_said(thing: object, words: list[str]) -> None:
    """Where a number could be meant otherwise."""
    text = " ".join((inspect.getdoc(thing) or "").split())
    assert [word for word in words if word not in text] == []

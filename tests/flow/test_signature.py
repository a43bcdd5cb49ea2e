"""What a result was made of, and whether it would be made of the same now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import Flow, PluginManager

SOUND = (np.zeros(80, np.float32), 8000)


@pytest.fixture
def flow(manager: PluginManager) -> Iterator[Flow]:
    """A sound, two gains one after the other, and one beside them."""
    with Flow(manager, seed=1) as flow:
        song = flow.input("song", type="audio")
        first = flow.add("gain_node", id="first")
        song >> first >> flow.add("gain_node", id="second")
        song >> flow.add("gain_node", id="beside")
        yield flow


def changed(flow: Flow, change: Callable[[Flow], Any]) -> set[str]:
    """The nodes whose signature is another one after the change."""
    before = flow.signatures()
    change(flow)
    after = flow.signatures()
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_a_change_concerns_what_depends_on_it(flow: Flow) -> None:
    """A parameter that node and those after it, the seed all, a label, a place and a default that is written out nobody."""
    assert changed(flow, lambda flow: flow["first"].set(gain_db=-6)) == {"first", "second"}
    assert changed(flow, lambda flow: flow["second"].set(invert=True)) == {"second"}
    assert changed(flow, lambda flow: setattr(flow, "seed", 2)) == {"first", "second", "beside"}
    assert changed(flow, lambda flow: flow["first"].set(gain_db=-6.0)) == set()
    assert changed(flow, lambda flow: flow["beside"].set(invert=False)) == set()
    assert changed(flow, lambda flow: setattr(flow["first"], "label", "one")) == set()
    assert changed(flow, lambda flow: setattr(flow["first"], "position", (7, 7))) == set()
    assert changed(flow, lambda flow: setattr(flow["first"], "bypassed", True)) == {"first", "second"}


def test_the_same_value_is_the_same_and_none_is_that_of_the_last_run(flow: Flow) -> None:
    """Words by their content, sounds by what they are."""
    everyone = {"first", "second", "beside"}
    assert changed(flow, lambda flow: setattr(flow["song"], "value", "a.wav")) == everyone
    assert changed(flow, lambda flow: setattr(flow["song"], "value", "".join(["a", ".wav"]))) == set()
    assert changed(flow, lambda flow: setattr(flow["song"], "value", SOUND)) == everyone
    assert changed(flow, lambda flow: setattr(flow["song"], "value", SOUND)) == set()
    run = flow.run()
    assert run.signatures == flow.signatures()
    flow["song"].value = "b.wav"
    assert run.signatures != flow.signatures()
    flow["song"].value = None
    assert run.signatures == flow.signatures()


def test_new_code_is_another_signature(flow: Flow, manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """Of that plugin's nodes; the same code again is none."""
    folder = write_plugin("probe", body="return {'y': 1}")
    flow.add(manager.load(folder).id, id="probe")
    assert changed(flow, lambda _: manager.reload("probe")) == set()
    write_plugin("probe", body="return {'y': 2}")
    assert changed(flow, lambda _: manager.reload("probe")) == {"probe"}

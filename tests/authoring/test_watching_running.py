"""Plugins that are watched, and saved while something runs: a call, the making of an instance, another reload."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.versions import Reload
from schillinger_plugins.watcher import Changes

from .conftest import Save
from .outcomes import DEADLINE_S, Outcomes, answers, until

GATED = "while not os.path.exists({gate!r}): time.sleep(0.002)"


def _waited_for(
    watched: Instance, save: Save, outcomes: Outcomes, tmp_path: Path
) -> tuple[Path, threading.Thread, list[object]]:
    """A call of the old code that a reload waits for: the gate that lets it end, its thread, and what it will have said."""
    gate = tmp_path / "gate"
    save("old", body=GATED.format(gate=str(gate)))
    assert outcomes.next().error is None
    said: list[object] = []
    call = threading.Thread(target=lambda: said.append(answers(watched)))
    call.start()
    save("new")
    until(lambda: watched.waiting == 1)
    return gate, call, said


def test_a_call_that_runs_ends_on_the_old_code(
    watched: Instance, save: Save, outcomes: Outcomes, tmp_path: Path
) -> None:
    """The reload waits for it; who calls next is answered by the new code."""
    gate, call, said = _waited_for(watched, save, outcomes, tmp_path)
    gate.touch()
    assert outcomes.next().error is None
    call.join(DEADLINE_S)
    assert [*said, answers(watched)] == ["old", "new"]


def test_an_instance_that_is_being_initialised_goes_over_too(
    manager: PluginManager, watched: Instance, write_plugin: Callable[..., Path], outcomes: Outcomes, tmp_path: Path
) -> None:
    """It is made with the old code, and answers with the new."""
    gate = tmp_path / "gate"
    main = """
    import os, time
    from schillinger_plugins.types import *
    class Probe(NodePlugin):
        async def initialize(self):
            print("initialising {answer}", flush=True)
            while self.context.config and not os.path.exists({gate!r}): time.sleep(0.002)
            return True
        async def execute(self, inputs, parameters): return {{"y": {answer!r}}}
        def get_node_definition(self):
            return {{"type": "probe", "label": "Probe", "outputs": [{{"name": "y", "type": "any"}}]}}
    """
    write_plugin(main=main.format(gate=str(gate), answer="old"))
    assert outcomes.next().error is None
    made: list[Instance] = []
    making = threading.Thread(target=lambda: made.append(manager.create_instance("probe", {"waits": True})))
    making.start()
    until(lambda: sum("initialising old" in line.text for line in manager.logs("probe")) == 2)
    assert answers(watched) == "old"
    write_plugin(main=main.format(gate=str(gate), answer="new"))
    until(lambda: any("initialising new" in line.text for line in manager.logs("probe")))
    gate.touch()
    assert outcomes.next().error is None
    making.join(DEADLINE_S)
    assert [answers(watched), answers(made[0])] == ["new", "new"]


def test_a_reload_during_another_reload_follows_it(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes, tmp_path: Path
) -> None:
    """One by hand while the watcher's waits for a call: both end, and the last content serves."""
    gate, call, said = _waited_for(watched, save, outcomes, tmp_path)
    by_hand = threading.Thread(target=manager.reload, args=("probe",))
    by_hand.start()
    gate.touch()
    reports = [outcomes.next(), outcomes.next()]
    for thread in (call, by_hand):
        thread.join(DEADLINE_S)
    assert {report.why for report in reports} == {"watch", "reload"}
    assert all(report.error is None for report in reports)
    assert [*said, answers(watched)] == ["old", "new"]


def test_a_subscriber_may_ask_for_another_reload(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Who is told of one isn't within it."""
    asked: list[Reload | None] = []

    def ask(_: object) -> None:
        if not asked:
            asked.append(manager.last_reload("probe"))
            manager.reload("probe")

    undo = manager.events.subscribe("reloaded", ask)
    save(2)
    assert outcomes.next().why == "watch"
    assert outcomes.next().why == "reload"
    undo()
    assert answers(watched) == 2


def test_what_has_changed_again_before_the_swap_is_not_swapped_in(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """The new code has started, and nobody is given it; nothing is told, and the next rest is tried anew."""
    manager.unwatch("probe")
    save(2)
    changes = Changes(watched.plugin.root, tried=lambda: manager._reloading.tried["probe"])
    changes.touch(watched.plugin.root)
    settled = next(iter(changes))
    save(3)
    changes.touch(watched.plugin.root)
    assert manager._reloading.reload("probe", settled=settled) is None
    assert answers(watched) == 1
    settled = next(iter(changes))
    assert manager._reloading.reload("probe", settled=settled) is outcomes.next()
    assert answers(watched) == 3
    assert manager._reloading.reload("probe", settled=settled) is None  # dealt with

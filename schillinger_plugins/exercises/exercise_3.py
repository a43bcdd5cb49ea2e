"""Exercise 3, after state and hot reload: what a plugin remembers."""

from __future__ import annotations

from ..manager import Instance, PluginManager
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_3",
    title="A counter that survives",
    task=(
        "Write a NODE with the id `take_counter`, without inputs, whose output `take` is 1 at the first call, 2 at "
        "the second, and goes on counting after a reload."
    ),
    plugin_id="take_counter",
)


def _take(instance: Instance) -> object:
    return instance.execute()["take"]


@EXERCISE.question("it counts from 1")
def _counts(_: PluginManager, instance: Instance) -> None:
    takes = [_take(instance) for _ in range(3)]
    if takes == [1, 1, 1]:
        raise Wrong("it says 1 each time: keep the number in an attribute, self.takes += 1")
    if takes == [0, 1, 2]:
        raise Wrong("it begins with 0: add 1 before you return it")
    if takes != [1, 2, 3]:
        raise Wrong(f"three calls gave {takes}")


@EXERCISE.question("two instances count each for itself")
def _apart(manager: PluginManager, instance: Instance) -> None:
    _take(instance)
    other = manager.create_instance(instance.plugin_id)
    try:
        take = _take(other)
    finally:
        manager.destroy_instance(other.id)
    if take != 1:
        raise Wrong(f"a second instance began with {take}: the number belongs to self, not to the class or the module")


@EXERCISE.question("a reload keeps the count")
def _reload(manager: PluginManager, instance: Instance) -> None:
    _take(instance)
    manager.reload(instance.plugin_id)
    take = _take(instance)
    if take == 1:
        raise Wrong(
            "after a reload it began again: a plain attribute of self is carried over by itself, "
            "or write get_state() and set_state()"
        )
    if take != 2:
        raise Wrong(f"after one call and a reload it said {take}")


@EXERCISE.question("so does sleep")
def _sleep(_: PluginManager, instance: Instance) -> None:
    _take(instance)
    instance.rest()
    take = _take(instance)
    if take != 2:
        raise Wrong(f"after one call and a rest it said {take}: what get_state() returns, set_state() must take back")

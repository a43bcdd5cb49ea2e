"""The same sound again: nothing is copied, nothing is hashed anew, and nothing is mistaken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import Instance
from schillinger_plugins.errors import PluginExecutionError
from schillinger_plugins.result import digest

SUM = """
if isinstance(inputs['x'], dict) and inputs['x'].get('fail'): raise RuntimeError('asked to')
values = inputs['x'] if isinstance(inputs['x'], dict) else {'only': inputs['x']}
return {'y': {name: float(np.sum(value)) for name, value in values.items() if name != 'fail'}}
"""


def sound(value: float) -> np.ndarray[Any, Any]:
    return np.full((2, 50_000), value, np.float32)


def test_a_changed_array_is_sent_again(make: Callable[..., Instance]) -> None:
    """An array that was changed in place gives its new sum and its new digest, however little was changed."""
    instance, array = make(SUM), sound(1.0)
    first = instance.execute({"x": array})
    array[1, -1] = 2.0
    second = instance.execute({"x": array})
    assert (first["y"]["only"], second["y"]["only"]) == (100_000, 100_001)
    assert second.provenance.input_digests["x"] == digest(array)
    assert first.provenance.input_digests["x"] == digest(sound(1.0))


def test_a_repeated_array_has_the_same_digest(make: Callable[..., Instance]) -> None:
    """A call with equal content, from another array, is told as such."""
    instance = make(SUM)
    digests = [instance.execute({"x": sound(3.0)}).provenance.input_digests["x"] for _ in range(3)]
    assert set(digests) == {digest(sound(3.0))}


def test_arrays_that_change_places_are_not_confused(make: Callable[..., Instance]) -> None:
    """The same two arrays under each other's names are other inputs."""
    instance = make(SUM)
    one, two = sound(1.0), sound(2.0)
    instance.execute({"x": {"a": one, "b": two}})
    swapped = instance.execute({"x": {"b": one, "a": two}})
    assert swapped["y"] == {"b": 100_000, "a": 200_000}
    assert swapped.provenance.input_digests["x"] == digest({"b": one, "a": two})


def test_a_failed_call_between_two_leaves_no_wrong_digest(make: Callable[..., Instance]) -> None:
    """What a failed call has sent is not taken for what the successful call before it had sent."""
    instance = make(SUM)
    instance.execute({"x": {"a": sound(1.0)}})
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": {"a": sound(2.0), "fail": True}})
    after = instance.execute({"x": {"a": sound(2.0)}})
    assert after["y"] == {"a": 200_000}
    assert after.provenance.input_digests["x"] == digest({"a": sound(2.0)})


def test_a_new_worker_is_sent_everything(make: Callable[..., Instance]) -> None:
    """After a rest the same array arrives in a worker that has never seen it."""
    instance = make(SUM)
    instance.execute({"x": sound(1.0)})
    instance.rest()
    again = instance.execute({"x": sound(1.0)})
    assert again["y"]["only"] == 100_000
    assert again.provenance.input_digests["x"] == digest(sound(1.0))


def test_another_shape_or_type_of_the_same_bytes_is_another_array(make: Callable[..., Instance]) -> None:
    """Equal bytes are the same input only in the same shape and type."""
    instance, array = make("return {'y': [str(inputs['x'].dtype), list(inputs['x'].shape)]}"), sound(1.0)
    assert instance.execute({"x": array})["y"] == ["float32", [2, 50_000]]
    assert instance.execute({"x": array.reshape(50_000, 2)})["y"] == ["float32", [50_000, 2]]
    assert instance.execute({"x": array.view(np.int32)})["y"] == ["int32", [2, 50_000]]


def test_a_plugin_that_keeps_its_input_gets_the_next_one_whole(make: Callable[..., Instance]) -> None:
    """A kept array stays as it was, and the same sound sent again arrives all the same."""
    instance = make(
        "self.kept = self.kept or []; self.kept.append(inputs['x']); return {'y': float(inputs['x'].sum())}"
    )
    assert [instance.execute({"x": sound(1.0)})["y"] for _ in range(3)] == [100_000] * 3

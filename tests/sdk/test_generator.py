"""Generators, from what they yield to their outputs."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.types import Audio, GeneratorPlugin, PluginContext


class Yields(GeneratorPlugin):
    items: tuple[Any, ...] = ()

    def generate(self, parameters: Any) -> Any:
        yield from self.items


def outputs(*items: Any) -> dict[str, Any]:
    plugin = Yields(PluginContext())
    plugin.items = items
    result: dict[str, Any] = asyncio.run(plugin.execute({}, {}))
    return result


def test_blocks_are_joined_and_events_listed() -> None:
    """In the order in which they came."""
    first, second = (Audio(np.full((2, n), n, np.float32), 8000) for n in (2, 3))
    found = outputs(first, {"time_s": 0.0}, second, {"time_s": 1.0})
    np.testing.assert_array_equal(found["audio"].samples[0], [2, 2, 3, 3, 3])
    assert [event["time_s"] for event in found["events"]] == [0.0, 1.0]


def test_nothing_is_no_events() -> None:
    """A generator that yields nothing gives an empty list, not a missing output."""
    assert outputs() == {"events": []}


def test_blocks_that_do_not_fit_are_refused() -> None:
    """Two rates can't be joined."""
    with pytest.raises(ValueError, match="different channels or rates"):
        outputs(Audio(np.zeros((1, 1), np.float32), 1), Audio(np.zeros((1, 1), np.float32), 2))


def test_anything_else_is_refused() -> None:
    """What is yielded is Audio or an event."""
    with pytest.raises(TypeError, match="must yield Audio or events, not int"):
        outputs(3)

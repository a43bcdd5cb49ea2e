"""The context that an author's test makes by hand."""

from __future__ import annotations

import asyncio
import math

import pytest

from schillinger_plugins.types import PluginContext


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(0.25, 1.0, 0.25), (3, 4, 0.75), (9, 3, 1.0), (-1, 3, 0.0), (0, 0, 1.0)]
)
def test_progress_is_a_fraction_of_the_total(done: float, total: float, fraction: float) -> None:
    """Whatever the unit; what lies outside is clipped, and nothing to do is done."""
    told: list[float] = []
    PluginContext(on_progress=lambda value, _: told.append(value)).progress(done, total)
    assert math.isclose(told[0], fraction)


def test_random_numbers_begin_anew_with_the_seed() -> None:
    """The same seed gives the same numbers, another one others."""
    context = PluginContext(seed=1)
    first = context.random.random(4).tolist()
    context.reseed(1)
    assert context.random.random(4).tolist() == first
    context.reseed(2)
    assert context.random.random(4).tolist() != first


def test_a_context_made_by_hand_has_what_a_host_gives() -> None:
    """Nothing is configured, granted or interrupted, and a log can be written to; who fetches is told why that can't be."""
    context = PluginContext()
    assert (dict(context.config), context.readable, context.writable, context.cancelled) == ({}, (), (), False)
    context.log.info("heard", extra={"beats": 4})
    with pytest.raises(PermissionError, match=r"no host that could fetch https://example\.org"):
        asyncio.run(context.fetch("https://example.org"))

"""The context that an author's test makes by hand."""

from __future__ import annotations

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

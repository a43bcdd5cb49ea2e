"""Plugins that are good: the suite finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import GROUPS, Report, examine
from schillinger_plugins.conformance.checks import CHECKS

PLUGINS = Path(__file__).parents[2] / "plugins"


def test_the_gain_node_passes_everything(manager: PluginManager) -> None:
    """Every check that applies to the Gain Node passes, and so do its author's tests, confined."""
    report = examine(manager, "gain_node")
    assert report.ok, report.failures_only()
    assert {outcome.group for outcome in report.passed} == {*GROUPS, "tests"} - {"streaming"}


LEFT_OUT = {
    "*": {"memory"},  # hundreds of calls, 2 to 6 s for each plugin; the Gain Node stands for all
    "resultant_rhythm": {"extremes"},  # each parameter by itself, where each writes a whole piece: 13 s for the two
    "scales_and_melodies": {"extremes"},
}
"""What isn't tried here, so that this stays within a minute; ``schillinger test ID`` tries it."""


@pytest.mark.parametrize("plugin_id", [path.parent.name for path in sorted(PLUGINS.glob("*/plugin.json"))])
def test_every_example_passes_everything(manager: PluginManager, plugin_id: str) -> None:
    """All of the suite that takes no minutes; their authors' tests are run by this very pytest."""
    if plugin_id == "musicbrainz_lookup":
        # It is asked what it does without its service: the checks that need answers say so, and none fails.
        manager.grant(plugin_id, "network")
    left_out = LEFT_OUT["*"] | LEFT_OUT.get(plugin_id, set())
    checks = [check.id for check in CHECKS if check.id not in left_out]
    report = examine(manager, plugin_id, only=checks, with_author_tests=False)
    assert report.ok, report.failures_only()
    assert len(report.passed) >= (3 if plugin_id == "musicbrainz_lookup" else 8)


def test_an_effect_with_all_that_a_stream_has_passes(tried: Callable[..., Report]) -> None:
    """Declared latency and tail, an automatable parameter, state from block to block: no check skips, none complains."""
    report = tried("look_ahead", "streaming", "signals", "formats", "parameters", "repeatability")
    assert report.ok, report.failures_only()
    assert [outcome.check for outcome in report.skipped] == ["generator"]


def test_what_an_effect_adds_by_itself_is_neither_late_nor_a_tail(tried: Callable[..., Report]) -> None:
    """A hum louder than the sound, and a second input that no stream has, confuse no check."""
    report = tried("hums", "streaming")
    assert report.ok, report.failures_only()


def test_state_in_plain_data_passes(tried: Callable[..., Report]) -> None:
    """A node whose calls differ from each other, as its state says, is right to do so."""
    report = tried("counts", "repeatability", "endurance")
    assert report.ok, report.failures_only()

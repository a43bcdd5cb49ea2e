"""Plugins that are good: the suite finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import GROUPS, Report, examine
from schillinger_plugins.conformance.checks import CHECKS

PLUGINS = Path(__file__).parents[2] / "plugins"
EXAMPLES = sorted(path.parent.name for path in PLUGINS.glob("*/plugin.json"))


def test_the_gain_node_passes_everything(manager: PluginManager) -> None:
    """Every check that applies to the Gain Node passes, and so do its author's tests, confined."""
    report = examine(manager, "gain_node")
    assert report.ok, report.failures_only()
    assert {outcome.group for outcome in report.passed} == {*GROUPS, "tests"} - {"streaming"}


@pytest.mark.parametrize("plugin_id", [name for name in EXAMPLES if name not in ("gain_node", "musicbrainz_lookup")])
def test_every_example_passes_everything(manager: PluginManager, plugin_id: str) -> None:
    """All of the suite, whatever is added to plugins/; their own tests are run by this very pytest."""
    report = examine(manager, plugin_id, with_author_tests=False)
    assert report.ok, report.failures_only()
    assert len(report.outcomes) == len(CHECKS)
    assert {"agreement", "repeatability", "endurance", "permissions"} <= {outcome.group for outcome in report.passed}
    assert {"reload", "memory"} <= {outcome.check for outcome in report.passed}


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

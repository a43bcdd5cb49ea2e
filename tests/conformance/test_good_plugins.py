"""Plugins that are good: the suite finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import GROUPS, Report, examine


def test_the_gain_node_passes_everything(manager: PluginManager) -> None:
    """Every check that applies to the Gain Node passes, and so do its author's tests, confined."""
    report = examine(manager, "gain_node")
    assert report.ok, report.failures_only()
    assert {outcome.group for outcome in report.passed} == {*GROUPS, "tests"} - {"streaming"}


@pytest.mark.parametrize(
    ("plugin_id", "only"),
    [
        ("resultant_rhythm", ("definition", "descriptors", "generator")),
        ("audio_analyzer", ("definition", "descriptors", "silence", "nan", "empty")),
    ],
)
def test_the_examples_pass_a_part(manager: PluginManager, plugin_id: str, only: tuple[str, ...]) -> None:
    """A part of the suite, since all of it takes a while: `schillinger test ID` runs it."""
    report = examine(manager, plugin_id, only=only)
    assert report.ok, report.failures_only()
    assert len(report.passed) == len(only)


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

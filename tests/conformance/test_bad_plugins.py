"""Plugins that are bad on purpose: the right check finds each, and names the input that did it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schillinger_plugins.conformance import Report
from schillinger_plugins.conformance.checks import CHECKS

NOISE = "noise, 2 channels, 0.25 s at 44100 Hz"


BAD = (
    ("forgets_state", "state", "call 2, after the state was saved", "the defaults"),
    ("mutable_default", "state", "count is 2 and 1", "the defaults"),
    ("unseeded", "seed", "two fresh instances under the seed 1 differ: audio", NOISE),
    ("kept_random", "generator", "the second call of an instance under the same seed", "the defaults"),
    ("backwards", "events", "event 1 of events is at 1 s, before the one before it", "the defaults"),
    ("block_dependent", "block-sizes", "in blocks of 1 ", "noise, 2 channels, 0.1 s at 8000 Hz"),
    ("block_dependent", "irregular-blocks", "in blocks of 64, 0, 1 and 777 in turns", NOISE),
    ("poisoned", "nan", "the next call, on clean noise: audio has", "NaN at frame 1000, 2 channels"),
    ("poisoned", "reset", "not what a fresh instance gives", "NaN at frame 1000"),
    ("late", "latency", "comes out 100 frames late", "an impulse at frame 4000, 1 channel"),
    ("too_early", "latency", "50 frames too early", "an impulse at frame 4000, 1 channel"),
    ("rings", "tail", "when its tail_s says that it is over, it is at", "noise, 2 channels, 0.1 s at 44100 Hz"),
    ("crashes_on_empty", "empty", "zero-size array", "an empty sound, 2 channels, 0 frames at 44100 Hz"),
    ("leaks", "memory", "MB more after", NOISE),
    ("mono_only", "channels", "2 channels went in, and 1 came out", "2 channels"),
    ("ignores_cancel", "cancel", "went on after it was interrupted", "noise, 2 channels, 5 s at 44100 Hz"),
    ("short_axis", "descriptors", "the last axis of levels has 10 values, and times_s", NOISE),
    ("two_rates", "sample-rates", "KeyError", "a tone of 440 Hz, 1 channel, 0.25 s at 8000 Hz"),
    ("divides", "extremes", "ZeroDivisionError", "width = 0.0"),
    ("divides", "all-extremes", "ZeroDivisionError", "width = 0.0"),
    ("jumps", "automation", "not finite", "gain jumping from end to end"),
    ("stumbles_over_nan", "nan", "IndexError", "NaN at frame 1000"),
    ("phones_home", "used", "reached for the network by itself", ""),
    ("phones_home", "written", "main.py:4: socket can't connect", ""),
    ("changes_definition", "definition", "something else in another process", ""),
    ("falls_over", "example", "IndexError", NOISE),
    ("loud_silence", "silence", "values that are not finite", "silence, 2 channels, 0.25 s at 44100 Hz"),
    ("loud_denormals", "denormals", "values that are not finite", "denormals (noise of 1e-40), 2 channels"),
    ("between_two", "one-sample", "IndexError", "noise, 2 channels, 1 frame at 44100 Hz"),
    ("forgets_state", "reload", "with a reload in the middle of one, differs from one without", "the defaults"),
)
"""Of each the file, the check that finds it, what that says, and what it says of the input."""


@pytest.mark.parametrize(("plugin", "check", "says", "given"), BAD)
def test_the_check_finds_it(tried: Callable[..., Report], plugin: str, check: str, says: str, given: str) -> None:
    """The check fails, says what is wrong, and with which input."""
    (outcome,) = tried(plugin, check).outcomes
    assert outcome.verdict == "failed", outcome
    assert says in outcome.message
    assert given in outcome.input


def test_every_check_has_a_plugin_that_it_finds() -> None:
    """A check that nothing fails could as well be left out."""
    assert {check for _, check, _, _ in BAD} == {check.id for check in CHECKS}


@pytest.mark.parametrize("plugin", ["late", "rings"])
def test_a_bad_plugin_may_be_good_otherwise(tried: Callable[..., Report], plugin: str) -> None:
    """What is late or rings is so in blocks of any size: only the check that is about it fails."""
    report = tried(plugin, "block-sizes", "irregular-blocks", "reset", "nan", "seed", "state")
    assert report.ok, report


def test_a_plugin_that_fails_at_its_simplest_call_fails_once(tried: Callable[..., Report]) -> None:
    """What fails on plain input is said once, and what needs a working call is skipped for that reason."""
    example, seed = tried("falls_over", "example", "seed").outcomes
    assert example.verdict == "failed"
    assert "IndexError" in example.message
    assert seed.verdict == "skipped"
    assert "it fails at its simplest call: IndexError" in seed.message


def test_an_input_that_can_t_be_made_up_needs_an_example(tried: Callable[..., Report]) -> None:
    """Without an example the checks are skipped, and the reason says what to do; with one they are run."""
    without, having = tried("adds_up", "seed"), tried("adds_up_by_example", "seed")
    assert "`numbers` (list) can't be made up: give the definition an `example`" in without.outcomes[0].message
    assert having.outcomes[0].verdict == "passed"


def test_a_reach_for_the_home_folder_is_found(tried: Callable[..., Report], monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that tries to open a file of the user's, though in vain, has not asked for it."""
    monkeypatch.setenv("HOME", "/home/somebody")
    (outcome,) = tried("peeks", "used").outcomes
    assert outcome.verdict == "failed"
    assert "open /home/somebody/.ssh/id_ed25519" in outcome.message

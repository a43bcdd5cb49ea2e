"""The suite as a whole: what is chosen, what is told, what an interrupt leaves."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import Outcome, Report, examine, sounds
from schillinger_plugins.conformance.checks import CHECKS
from schillinger_plugins.conformance.comparison import difference, not_finite
from schillinger_plugins.conformance.sounds import Sound
from schillinger_plugins.errors import InputError, UnknownPlugin
from schillinger_plugins.types import Audio

HOSTILE = Outcome.of(
    "failed",
    "<script>alert(1)</script>\x1b[2J",
    check="nan",
    group="signals",
    title="a <b>title</b>",
    input='<img src="x">',
    line="%plugin run x y='<i>'",
)


def _report(*outcomes: Outcome, **more: Any) -> Report:
    facts: dict[str, Any] = {"plugin_id": "x", "version": "1.0.0", "content_hash": "ab", "seconds": 1.0, **more}
    return Report(outcomes=outcomes, **facts)


def test_ctrl_c_gives_the_report_so_far(manager: PluginManager, place: Callable[..., str]) -> None:
    """An interrupt ends the test; what was found until then is in the report, which says that it isn't all."""
    seen: list[str] = []

    def interrupt(fraction: float, message: str) -> None:
        seen.append(message)
        if len(seen) == 4:
            signal.raise_signal(signal.SIGINT)

    report = examine(manager, place("counts"), on_progress=interrupt)
    assert report.interrupted
    assert not report.ok
    assert len(report.outcomes) == 3
    assert "it was interrupted" in repr(report)
    assert not manager.instances


def test_ctrl_c_ends_tests_that_never_end(manager: PluginManager, place: Callable[..., str]) -> None:
    """An interrupt during the author's tests ends their worker, and the checks before them are in the report."""

    def interrupt(fraction: float, message: str) -> None:
        if message.endswith("::test_endless"):
            signal.raise_signal(signal.SIGINT)

    endless = "def test_endless():\n    while True:\n        pass\n"
    plugin_id = place("counts", tests={"test_it.py": endless})
    report = examine(manager, plugin_id, only=["seed", "tests"], on_progress=interrupt)
    assert report.interrupted
    assert [outcome.check for outcome in report.outcomes] == ["seed"]


def test_what_lies_in_the_folder_is_tested(manager: PluginManager, place: Callable[..., str], tmp_path: Path) -> None:
    """A plugin that was changed after it was loaded is tested as it is now, and the report says which code that was."""
    before = examine(manager, place("forgets_state"), only=["state"])
    main = tmp_path / "plugins" / "forgets_state" / "main.py"
    main.write_text(main.read_text().replace("next(self.numbers)", "7"))
    after = examine(manager, "forgets_state", only=["state", "reload"])
    assert (before.ok, after.ok) == (False, True)
    assert before.content_hash != after.content_hash


@pytest.mark.parametrize(
    "returned",
    ["['a', {}]", "[[1, 2], 3]", "np.zeros((0, 3))", "[[]]", "np.array(5.0)", "np.array(['x'])", "[None] * 9"],
)
def test_odd_outputs_cost_no_report(manager: PluginManager, write_plugin: Callable[..., Path], returned: str) -> None:
    """Whatever comes as an output that has times and bins, the report is made."""
    outputs = [
        {"name": "y", "type": "any", "times": "times_s", "bins": "times_s", "bin_names": ["a"]},
        {"name": "times_s", "type": "any"},
    ]
    definition = {"type": "odd", "label": "Odd", "outputs": outputs}
    folder = write_plugin("odd", body=f"return {{'y': {returned}, 'times_s': {returned}}}", definition=definition)
    report = examine(manager, manager.load(folder).id, only=["agreement", "repeatability"], with_author_tests=False)
    assert len(report.outcomes) == 7
    assert not any("can't be judged" in outcome.message for outcome in report.outcomes), report


def test_progress_is_told_with_what_comes_next(manager: PluginManager, place: Callable[..., str]) -> None:
    """The fraction grows to 1, and each message is the title of a check."""
    told: list[tuple[float, str]] = []
    examine(manager, place("counts"), only=["repeatability"], on_progress=lambda *now: told.append(now))
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert told[-1][0] == 1
    assert told[0][1] == "the same seed gives the same result"


def test_a_group_that_there_is_not_is_refused(manager: PluginManager, place: Callable[..., str]) -> None:
    """A slip in a name is answered with the nearest, before anything is run."""
    with pytest.raises(InputError, match="did you mean signals"):
        examine(manager, place("counts"), only=["signal"])


def test_a_plugin_that_there_is_not_is_refused(manager: PluginManager) -> None:
    """There is no report of nothing."""
    with pytest.raises(UnknownPlugin):
        examine(manager, "no_such_plugin")


def test_ids_and_groups_are_one_space_of_names() -> None:
    """What `only` names is one thing: ids are unique and no id is a group."""
    names = [check.id for check in CHECKS]
    assert len(set(names)) == len(names)
    assert not set(names) & {*(check.group for check in CHECKS), "tests"}


def test_a_report_is_plain_data_too() -> None:
    """It goes through JSON and back, counts included."""
    told = json.loads(json.dumps(_report(HOSTILE).as_dict()))
    assert (told["failed"], told["passed"], told["ok"]) == (1, 0, False)
    assert told["outcomes"][0]["line"] == HOSTILE.line


def test_a_plugin_that_could_not_be_called_is_not_called_good() -> None:
    """Whatever else passed; where something failed, that is what is said."""
    fine = Outcome.of("passed", check="written", group="permissions", title="its code reaches only")
    untried = Outcome.of("skipped", "no answer", check="seed", group="repeatability", title="again", is_uncalled=True)
    passed_over = Outcome.of("skipped", "about EFFECT plugins", check="tail", group="streaming", title="it rings")
    assert _report(fine, passed_over).ok
    report = _report(fine, untried, passed_over)
    assert not report.ok
    assert report.as_dict()["inconclusive"] == "1 that apply were not tried: no answer"
    assert "inconclusive, 1 that apply were not tried: no answer; 1 passed" in report._repr_html_()
    assert _report(passed_over).inconclusive == "nothing was tried"
    assert not _report(untried, HOSTILE).inconclusive


def test_a_call_that_was_too_short_to_be_interrupted_has_not_passed(
    manager: PluginManager, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is skipped for that reason: nothing is known of what an interrupt does."""

    async def answers(*_: Any, **__: Any) -> bool:
        return False  # as for a call that has ended when the interrupt comes, which no test can time

    monkeypatch.setattr("schillinger_plugins.conformance.checks.endurance._break_off", answers)
    manager.load(write_plugin("quick", body="return {'y': 1}"))
    (outcome,) = examine(manager, "quick", only=["cancel"], with_author_tests=False).outcomes
    assert (outcome.verdict, outcome.message) == ("skipped", "it had answered before it could be interrupted")


def test_a_reload_that_met_no_call_has_not_passed(
    manager: PluginManager, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a call that certainly ran when it began, nothing is known: the report is inconclusive, and says why."""
    monkeypatch.setattr("schillinger_plugins.conformance.checks.endurance._reload_amid", lambda *_: False)
    manager.load(write_plugin("quick", body="return {'y': 1}"))
    report = examine(manager, "quick", only=["reload"], with_author_tests=False)
    assert not report.ok
    assert "no call was seen that ran when the reload began" in report.inconclusive


def test_a_reload_meets_even_the_shortest_call(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """A plugin that answers at once is caught within a call all the same."""
    manager.load(write_plugin("quick", body="return {'y': 1}"))
    report = examine(manager, "quick", only=["reload"], with_author_tests=False)
    assert report.ok, report


def test_the_configuration_is_that_of_every_instance(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """What is given is overlaid on the default, told in the report, and part of the line that repeats a failure."""
    schema = {"type": "object", "properties": {"by": {"type": "number"}}, "additionalProperties": False}
    more = {"config_schema": schema, "default_config": {"by": 0}}
    main = """
        from schillinger_plugins.types import NodePlugin
        class DividesBy(NodePlugin):
            async def execute(self, inputs, parameters):
                return {"y": 1 / self.context.config["by"]}
            def get_node_definition(self):
                return {"type": "by", "label": "By", "outputs": [{"name": "y", "type": "number"}]}
    """
    manager.load(write_plugin("divides_by", main=main, manifest=more))
    without = examine(manager, "divides_by", only=["example"], with_author_tests=False)
    report = examine(manager, "divides_by", config={"by": 2}, with_author_tests=False)
    assert [outcome.verdict for outcome in without.outcomes] == ["failed"]
    assert report.ok, report.failures_only()
    assert report.as_dict()["config"] == {"by": 2}
    again = examine(manager, "divides_by", only=["example"], config={"by": 0.0}, with_author_tests=False)
    assert "--config by=0.0" in again.outcomes[0].line
    with pytest.raises(InputError, match="bye"):
        examine(manager, "divides_by", config={"bye": 2})


def test_a_report_escapes_what_plugins_say() -> None:
    """Nothing of a plugin's text becomes HTML or moves a terminal's cursor."""
    report = _report(HOSTILE)
    html = report._repr_html_()
    for tag in ("<script", "<img", "<b>", "<i>"):
        assert tag not in html
    assert "\x1b" not in repr(report) + html


def _passed_over(check: str, message: str, **more: Any) -> Outcome:
    return Outcome.of("skipped", message, check=check, group="streaming", title=f"of {check}", **more)


def test_a_report_says_once_what_holds_for_many() -> None:
    """Why a group says nothing of the plugin, why checks weren't tried: at the first, not beside each."""
    fine = Outcome.of("passed", check="seed", group="repeatability", title="the same again")
    over = _report(fine, *(_passed_over(name, "about EFFECT plugins") for name in "abc"))
    assert repr(over).count("about EFFECT plugins") == 1
    assert "– 3 skipped  (about EFFECT plugins)" in repr(over)
    untried = _report(*(_passed_over(name, "nobody answers", is_uncalled=True) for name in "abc"))
    for shown in (repr(untried), untried._repr_html_()):
        assert shown.count("nobody answers") == 1
        assert shown.count("not tried") == 4
    failed = _report(HOSTILE, *(_passed_over(name, "it fails", is_uncalled=True) for name in "abc"))
    assert repr(failed).count("not tried: it fails") == 1


def test_only_the_failures_are_shown_when_asked() -> None:
    """The rest stays in the report, and is counted."""
    fine = Outcome.of("passed", check="seed", group="repeatability", title="the same again")
    report = _report(fine, HOSTILE).failures_only()
    assert "the same again" not in repr(report)
    assert "the same again" not in report._repr_html_()
    assert "1 passed, 1 failed" in repr(report)
    assert len(report.outcomes) == 2


@pytest.mark.parametrize(
    "sound",
    [
        sounds.noise(),
        sounds.noise(channels=8, rate=8000),
        sounds.noise(frames=1),
        sounds.silence(frames=0),
        sounds.silence(),
        sounds.tone(rate=192000),
        sounds.impulse(at=5, frames=9),
        sounds.broken(np.nan),
        sounds.broken(np.inf),
        sounds.broken(-np.inf),
        sounds.denormals(),
    ],
    ids=lambda sound: sound.said,
)
def test_a_line_repeats_the_very_sound(sound: Sound) -> None:
    """The expression in the report makes the samples that the plugin was given, to the bit."""
    assert Audio(*eval(sound.expression, {"np": np})) == sound.audio  # noqa: S307 - our own text


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({"a": 1.0}, {"a": 1.0}, ""),
        ({"a": float("nan")}, {"a": float("nan")}, ""),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a[1].b is 2 and 3"),
        ({"a": [1]}, {"a": [1, 2]}, "a has 1 items and 2"),
        ({"a": None}, {"a": 1}, "a is NoneType and int"),
        ({"a": np.zeros(3)}, {"a": np.zeros(4)}, "a has the shape (3,) and (4,)"),
        ({"a": np.array([1.0, np.nan])}, {"a": np.array([1.0, np.nan])}, ""),
        ({"a": np.array([1.0, 2.0])}, {"a": np.array([1.0, 2.1])}, "1 of 2 values, first at [1]: 2 and 2.1"),
        ({"a": Audio(np.zeros(3), 8000)}, {"a": Audio(np.zeros(3), 16000)}, "8000 Hz and at 16000 Hz"),
        ({"a": Audio(np.zeros(3), 8000)}, {"a": Audio(np.ones(3), 8000)}, "channel 0, frame 0: 0 and 1"),
    ],
)
def test_differences_are_found_and_named(one: Any, other: Any, says: str) -> None:
    """The first difference is named by output, place and values; NaN equals NaN."""
    found = difference(one, other)
    assert says in found
    assert bool(found) == bool(says)


def test_what_is_not_finite_is_found_in_sound_and_arrays() -> None:
    """A single number may be infinite, as the loudness of silence is; an array only where the input is an odd one."""
    assert not_finite({"loudness": float("-inf")}) == ""
    assert "audio has 1 values" in not_finite({"audio": Audio(np.array([0, np.inf]), 8000)}, arrays=False)
    assert "the first at [1]" in not_finite({"pitch": np.array([1, np.nan])})
    assert not_finite({"pitch": np.array([1, np.nan])}, arrays=False) == ""

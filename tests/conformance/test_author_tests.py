"""The author's own tests: run in a confined worker, told one by one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import Outcome, Report, author_tests, examine
from schillinger_plugins.sandbox.limits import Limits

FIXTURES = """
import numpy as np
import pytest

pytest_plugins = ["schillinger_plugins.testing"]


def test_the_plugin_runs_here(plugin, noise):
    sound = noise(channels=2)
    halved = plugin.execute({"audio": sound})["audio"]
    np.testing.assert_array_equal(halved.samples, sound.samples / 2)
    assert plugin.module.halving.FACTOR == 0.5
    assert plugin.execute({"audio": (sound.samples, 44100)})["audio"] == halved


def test_blocks_are_one_sound(plugin, tone):
    sound = tone(frames=1000)
    assert plugin.process(*plugin.blocks(sound, 64)) == plugin.execute({"audio": sound})["audio"]


def test_outputs_are_checked(plugin, silence, monkeypatch):
    async def wrong(inputs, parameters):
        return {"sound": 1}

    monkeypatch.setattr(plugin.raw, "execute", wrong)
    with pytest.raises(Exception, match="`sound`, which is no output"):
        plugin.execute({"audio": silence()})


def test_inputs_are_checked(plugin):
    with pytest.raises(Exception, match="`audio` is missing"):
        plugin.execute()


def test_the_makers_make(impulse, silence, context):
    assert impulse(at=3, frames=9).samples.tolist() == [[0, 0, 0, 1, 0, 0, 0, 0, 0]]
    assert not silence(frames=4, channels=3).samples.any()
    (context.scratch / "note").write_text("kept")
    assert context.plugin_id == "halves"
    assert context.random.integers(1000) == np.random.default_rng(1).integers(1000)


def test_as_its_users_have_it(confined, noise):
    sound = noise()
    np.testing.assert_array_equal(confined.execute({"audio": sound})["audio"].samples, sound.samples / 2)
"""
PLAIN = """
import asyncio
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import main
from schillinger_plugins.types import PluginContext


def test_good():
    assert main.Halves(PluginContext()) is not None


def test_bad():
    print("said before")
    assert main.halving.FACTOR == 3, "the factor is wrong"


@pytest.mark.skip(reason="not today")
def test_later():
    raise AssertionError


@given(st.integers())
def test_numbers(number):
    assert number == number


def test_loops_of_its_own():
    asyncio.run(asyncio.sleep(0))


def test_makes_a_manager():
    from schillinger_plugins import PluginManager

    with PluginManager() as manager:
        manager.load(Path(__file__).parents[1])


def test_cannot_write_beside_itself():
    with pytest.raises(PermissionError):
        Path(__file__).with_name("mine.txt").write_text("x")


def test_cannot_read_elsewhere():
    with pytest.raises(PermissionError):
        Path(SECRET).read_text()
"""
HALVING = "FACTOR = 0.5\n"


@pytest.fixture
def placed(manager: PluginManager, place: Callable[..., str], write_plugin: Callable[..., Path]) -> Callable[..., str]:
    """The plugin ``halves`` with these files in its ``tests/``."""

    def placed(**tests: str) -> str:
        folder = write_plugin("halves")
        (folder / "halving.py").write_text(HALVING)
        return place("halves", tests={f"{name}.py": text for name, text in tests.items()})

    return placed


def _told(outcomes: tuple[Outcome, ...]) -> dict[str, tuple[str, str]]:
    return {outcome.check.rpartition("::")[2]: (outcome.verdict, outcome.message) for outcome in outcomes}


def test_each_test_is_told_with_its_text(manager: PluginManager, placed: Callable[..., str], tmp_path: Path) -> None:
    """Passed, failed and skipped tests, hypothesis and loops of their own; nothing outside can be read or written."""
    secret = tmp_path / "secret"
    secret.write_text("a test must not read this")
    plugin_id = placed(test_plain=PLAIN.replace("SECRET", repr(str(secret))))
    report = examine(manager, plugin_id, only=["tests"])
    told = _told(report.outcomes)
    assert {name: verdict for name, (verdict, _) in told.items()} == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_later": "skipped",
        "test_numbers": "passed",
        "test_loops_of_its_own": "passed",
        "test_makes_a_manager": "skipped",
        "test_cannot_write_beside_itself": "passed",
        "test_cannot_read_elsewhere": "passed",
    }
    assert "the factor is wrong" in told["test_bad"][1]
    assert "said before" in told["test_bad"][1]
    assert "take the fixture `confined`" in told["test_makes_a_manager"][1]
    assert "not today" in told["test_later"][1]
    assert report.failed[0].check == "tests/test_plain.py::test_bad"
    again = examine(manager, plugin_id, only=[report.failed[0].check])
    assert [outcome.check for outcome in again.outcomes] == ["tests/test_plain.py::test_bad"]


def test_the_fixtures_work_in_a_worker(manager: PluginManager, placed: Callable[..., str]) -> None:
    """What ``schillinger_plugins.testing`` gives is there when the tests are confined; only `confined` itself is skipped."""
    report = examine(manager, placed(test_fixtures=FIXTURES), only=["tests"])
    told = _told(report.outcomes)
    assert report.ok, report
    assert len(report.passed) == 5
    assert "run `pytest` in the plugin's folder" in told["test_as_its_users_have_it"][1]


def test_the_fixtures_work_in_the_authors_own_pytest(placed: Callable[..., str], tmp_path: Path) -> None:
    """The same file, run by pytest as an author does: there `confined` starts a worker."""
    placed(test_fixtures=FIXTURES)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / "plugins" / "halves" / "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_a_file_that_can_t_be_imported_is_a_failure(manager: PluginManager, placed: Callable[..., str]) -> None:
    """A test file with a slip is told by its name, and the other files' tests are not lost."""
    plugin_id = placed(test_slip="import no_such_module\n", test_fine="def test_fine():\n    pass\n")
    report = examine(manager, plugin_id, only=["tests"])
    assert [outcome.check for outcome in report.failed] == ["tests/test_slip.py"]
    assert "no_such_module" in report.failed[0].message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import os\n\n\ndef test_end():\n    os._exit(0)\n", "WorkerCrashed"),
        ("def test_endless():\n    while True:\n        pass\n", "LimitExceeded"),
    ],
)
def test_tests_that_don_t_end_well_are_ended(
    manager: PluginManager, placed: Callable[..., str], monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    """Tests that end their process, or never end, cost the report nothing but themselves."""
    monkeypatch.setattr(author_tests, "LIMITS", Limits(wall_s=20, memory_mb=4096, cpu_s=1))
    report = examine(manager, placed(test_it=text), only=["tests"])
    assert [outcome.verdict for outcome in report.outcomes] == ["failed"]
    assert says in report.outcomes[0].message


def test_a_plugin_without_tests_is_not_blamed(manager: PluginManager, placed: Callable[..., str]) -> None:
    """No tests/ at all, and one without tests, are skipped with the reason."""
    (outcome,) = examine(manager, placed(), only=["tests"]).outcomes
    assert (outcome.verdict, outcome.message) == ("skipped", "its folder has no tests/")


@pytest.mark.parametrize(
    "outputs",
    [
        {"tests": [{"id": "t\x1b[2J", "outcome": "triumphant", "seconds": -1e9, "text": "\x1b]0;x"}], "error": ""},
        {"tests": [{}, 3, None], "error": ""},
        {"tests": "no list", "error": None},
    ],
)
def test_what_a_worker_says_of_its_tests_is_not_believed(outputs: dict[str, Any]) -> None:
    """Whatever comes from the worker becomes printable outcomes, and nothing unknown passes."""
    outcomes = author_tests._outcomes(outputs, ("", ""))
    assert all(outcome.verdict == "failed" for outcome in outcomes)
    assert all("\x1b" not in f"{outcome.message}{outcome.check}" and outcome.seconds >= 0 for outcome in outcomes)


def test_without_pytest_the_remedy_is_named() -> None:
    """Where pytest is missing the tests are skipped, and what to install is said."""
    (outcome,) = author_tests._outcomes({"tests": [], "error": "missing"}, ("", ""))
    assert outcome.verdict == "skipped"
    assert 'pip install "schillinger_plugins[testing]"' in outcome.message


def test_the_report_knows_them(manager: PluginManager, placed: Callable[..., str]) -> None:
    """The author's tests are a group of the report, beside the checks."""
    report: Report = examine(manager, placed(test_fine="def test_fine():\n    pass\n"), only=["tests", "seed"])
    assert [outcome.group for outcome in report.outcomes] == ["repeatability", "tests"]

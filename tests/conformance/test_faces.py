"""``%plugin test`` and ``schillinger test``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import PluginManager, cli
from schillinger_plugins.cli import testing as testing_module
from schillinger_plugins.magics.completion import complete


@pytest.fixture
def schillinger(
    manager: PluginManager, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The console command in this process: its exit code, and what it printed on stdout."""

    @contextmanager
    def shared(paths: Sequence[str]) -> Iterator[PluginManager]:
        yield manager

    monkeypatch.setattr(testing_module, "open_manager", shared)

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        return int(str(ended.value.code)), capsys.readouterr().out

    return run


def test_the_magic_returns_a_report(shell: InteractiveShell, place: Callable[..., str]) -> None:
    """``%plugin test`` gives what it found as a value that draws itself."""
    place("counts")
    report = shell.run_line_magic("plugin", "test counts --only repeatability --no-author-tests")
    assert report.ok
    assert "✓ its state outlives its process" in repr(report)


def test_only_failed_runs_what_failed_the_last_time(shell: InteractiveShell, place: Callable[..., str]) -> None:
    """The first time everything that is asked for is run; then what failed alone; and only that is shown."""
    place("forgets_state", tests={"test_it.py": "def test_good():\n    pass\n\n\ndef test_bad():\n    assert 1 == 2\n"})
    first = shell.run_line_magic("plugin", "test forgets_state --only repeatability --only tests")
    assert len(first.outcomes) == 5
    again = shell.run_line_magic("plugin", "test forgets_state --only-failed")
    assert [outcome.check for outcome in again.outcomes] == ["state", "tests/test_it.py::test_bad"]
    assert again.shows_failed_only


def test_the_magic_takes_a_configuration(shell: InteractiveShell, write_plugin: Callable[..., Path]) -> None:
    """Each value is an expression of the user's."""
    more = {"config_schema": {"properties": {"by": {}}}, "default_config": {"by": 0}}
    folder = write_plugin("divides_by", body="return {'y': 1 / self.context.config['by']}", manifest=more)
    shell.meta["schillinger_plugins"][0].manager.load(folder)
    shell.user_ns["two"] = 2
    assert not shell.run_line_magic("plugin", "test divides_by --only example --no-author-tests").ok
    assert shell.run_line_magic("plugin", "test divides_by --only example --no-author-tests --config by=two").ok


def test_tab_knows_the_options(shell: InteractiveShell, place: Callable[..., str]) -> None:
    """Ids after ``%plugin test``, options after a dash."""
    place("counts")
    session = shell.meta["schillinger_plugins"][0]
    ids, _, _ = complete(session, "test cou")
    assert "counts" in [text for text, _ in ids]
    options, _, _ = complete(session, "test counts --on")
    assert [text for text, _ in options] == ["--only-failed", "--only", "--no-author-tests", "--config"]


def test_the_command_line_ends_with_a_code(
    schillinger: Callable[..., tuple[int, str]], place: Callable[..., str], tmp_path: Path
) -> None:
    """0 if nothing failed, 1 if something did, 2 for a slip, 6 if nothing could be tried; a folder may stand for an id."""
    place("counts"), place("forgets_state")
    code, said = schillinger("test", "counts", "--only", "state")
    assert (code, "1 passed, 0 failed" in said) == (0, True)
    code, said = schillinger(
        "test", str(tmp_path / "plugins" / "forgets_state"), "--only", "repeatability", "--only-failed"
    )
    assert (code, "call 2, after the state" in said, "the same seed" in said) == (1, True, False)
    assert schillinger("test", "counts", "--only", "sttae")[0] == 2
    code, said = schillinger("test", "counts", "--only", "streaming")
    assert (code, "counts 1.0.0: inconclusive, nothing was tried; 0 passed" in said) == (6, True)


def test_the_command_line_prints_json(schillinger: Callable[..., tuple[int, str]], place: Callable[..., str]) -> None:
    """The report as data, with the input that did it and the line that repeats it."""
    place("divides")
    code, said = schillinger("test", "divides", "--only", "extremes", "--format", "json")
    told: dict[str, Any] = json.loads(said)
    assert code == 1
    assert told["failed"] == 1
    assert told["outcomes"][0]["line"].startswith("%plugin run divides audio=(0.1 * np.random.default_rng(1)")
    assert told["outcomes"][0]["line"].endswith("width=0.0 --seed 1")

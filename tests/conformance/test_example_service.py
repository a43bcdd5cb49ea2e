"""The example that asks a service: from the first refusal to a report without a flaw, as a person gets there in a shell."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager, cli
from schillinger_plugins.cli import grants as grants_module
from schillinger_plugins.cli import testing as testing_module

SERVICE = Path(__file__).parents[2] / "plugins" / "musicbrainz_lookup" / "tests" / "local_service.py"
Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def commands() -> Iterator[list[str]]:
    """The two commands that the service says, which is part of the plugin and runs meanwhile."""
    with subprocess.Popen([sys.executable, SERVICE], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        yield [service.stdout.readline().strip() for _ in range(2)]
        service.terminate()


@pytest.fixture
def shell(manager: PluginManager, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command line in this process: its exit code, and all that it printed."""

    @contextmanager
    def shared(paths: Sequence[str]) -> Iterator[PluginManager]:
        yield manager

    for module in (grants_module, testing_module):
        monkeypatch.setattr(module, "open_manager", shared)

    def run(line: str) -> tuple[int, str]:
        command, *arguments = shlex.split(line)
        assert command == "schillinger"
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        return int(str(ended.value.code)), "".join(capsys.readouterr())

    yield run
    manager.unload("musicbrainz_lookup")


def test_from_a_refusal_to_a_report_without_a_flaw(commands: list[str], shell: Run) -> None:
    """Each message names the next command: to grant, to say whom the service may write to; then all that applies passes."""
    code, said = shell("schillinger test musicbrainz_lookup")
    assert (code, "→ schillinger grant musicbrainz_lookup network\n" in said) == (4, True)
    grant, test = commands
    assert grant.startswith("schillinger grant musicbrainz_lookup network --host 127.0.0.1:")
    assert shell(grant)[0] == 0
    code, said = shell("schillinger test musicbrainz_lookup --no-author-tests")
    assert (code, '--config contact="me@example.org"' in said) == (6, True)
    code, said = shell("schillinger test musicbrainz_lookup --no-author-tests --config contact=me@example.org")
    assert (code, "→ schillinger grant musicbrainz_lookup network --host musicbrainz.org" in said) == (6, True)
    code, said = shell(test)
    assert (code, " 0 failed" in said, "inconclusive" in said) == (0, True, False), said
    for title in ("a call can be interrupted", "it did only what its manifest asks for", "its state outlives"):
        assert f"✓ {title}" in said

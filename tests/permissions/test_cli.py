"""``schillinger grant | revoke | permissions`` as a person and as a job use them: at a terminal, and in a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

import schillinger_plugins
from schillinger_plugins.journal import Journal

Schillinger = Callable[..., "subprocess.CompletedProcess[str]"]
Terminal = Callable[..., "pexpect.spawn[str]"]

DEADLINE_S = 60
COMMAND = [sys.executable, "-c", "from schillinger_plugins.cli import main; main()"]


@pytest.fixture
def environment(tmp_path: Path, asking: Callable[..., Path]) -> dict[str, str]:
    """Where the command finds the plugin ``probe``."""
    asking()
    return {
        **os.environ,
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
        "SCHILLINGER_PLUGIN_PATH": str(tmp_path / "plugins"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }


@pytest.fixture
def schillinger(environment: dict[str, str], tmp_path: Path) -> Schillinger:
    """The command in a pipe, where nobody can be asked."""

    def schillinger(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            timeout=DEADLINE_S,
        )

    return schillinger


@pytest.fixture
def terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """The command at a terminal."""
    running: list[pexpect.spawn[str]] = []

    def terminal(*arguments: object) -> pexpect.spawn[str]:
        child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *map(str, arguments)],
            env=environment,  # type: ignore[arg-type]  # a mapping of strings is what it takes
            cwd=str(tmp_path),
            timeout=DEADLINE_S,
            encoding="utf-8",
            dimensions=(50, 200),
        )
        running.append(child)
        return child

    yield terminal
    for child in running:
        child.close(force=True)


def ended(child: pexpect.spawn[str]) -> tuple[int | None, str]:
    """The exit code, and what was shown since the last answer."""
    child.expect(pexpect.EOF)
    shown = child.before or ""
    child.close()
    return child.exitstatus, shown


def test_a_job_is_refused_and_does_not_hang(schillinger: Schillinger) -> None:
    """Code 4 and the line of this command; that line asks for --yes, and with it grants."""
    done = schillinger("run", "probe")
    assert done.returncode == 4
    assert "PermissionDenied: probe: it requires file_access" in done.stderr
    assert "→ schillinger grant probe file_access\n" in done.stderr
    done = schillinger("grant", "probe", "file_access")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    done = schillinger("grant", "probe", "file_access", "--yes")
    assert done.returncode == 0
    assert done.stdout.startswith("granted file_access to probe 1.0.0: read /")
    assert "its reason: to read your tones" in done.stderr
    assert schillinger("run", "probe").returncode == 0
    assert schillinger("grant", "probe").stdout == "probe has all that it asks for\n"


def test_a_changed_plugin_is_refused_again(schillinger: Schillinger, asking: Callable[..., Path]) -> None:
    """The denial says since when the grant doesn't count."""
    schillinger("grant", "probe", "--yes")
    asking("return {'y': 'changed'}")
    done = schillinger("run", "probe")
    assert done.returncode == 4
    assert "the code has changed since" in done.stderr


def test_a_folder_may_stand_for_the_id(schillinger: Schillinger, asking: Callable[..., Path]) -> None:
    """The line that a refusal gives for a folder works."""
    folder = asking(name="elsewhere").rename(asking().parents[1] / "elsewhere")
    done = schillinger("run", folder)
    assert f"→ schillinger grant {folder} file_access\n" in done.stderr
    assert schillinger("grant", folder, "file_access", "--yes").returncode == 0
    assert schillinger("run", folder).returncode == 0


def test_folders_are_named(schillinger: Schillinger, tmp_path: Path) -> None:
    """``--read`` and ``--write`` take the place of what is asked for; one that can't be granted is refused with code 2."""
    (tmp_path / "out").mkdir()
    done = schillinger("grant", "probe", "--write", tmp_path / "out", "--yes")
    assert done.stdout == f"granted file_access to probe 1.0.0: write {tmp_path / 'out'}\n"
    assert "more than it asks for" in done.stderr
    done = schillinger("grant", "probe", "--read", "/etc", "--yes")
    assert done.returncode == 2
    assert "/etc can't be granted" in done.stderr
    assert schillinger("grant", "probe", "--host", "example.org", "--yes").returncode == 2
    assert schillinger("grant", "porbe").returncode == 2


def test_permissions_tells(schillinger: Schillinger, music: Path) -> None:
    """As a table and as JSON, of all or of one; ``info`` tells it, too."""
    assert "schillinger grant probe file_access" in schillinger("permissions").stdout
    schillinger("grant", "probe", "--yes")
    rows = json.loads(schillinger("permissions", "probe", "--json").stdout)
    assert [(row["permission"], row["granted"]) for row in rows] == [
        ("execute", "yes"),
        ("file_access", f"read {music}"),
    ]
    assert f"file_access: to read your tones; asks for: read {music}; granted on" in schillinger("info", "probe").stdout
    assert schillinger("permissions", "porbe").returncode == 2


def test_revoke_takes_back(schillinger: Schillinger) -> None:
    """And the next run is refused; a second time there is nothing; a slip is told."""
    schillinger("grant", "probe", "--yes")
    assert schillinger("revoke", "probe").stdout.startswith("revoked file_access of probe 1.0.0: read /")
    assert "and revoked on" in schillinger("run", "probe").stderr
    assert schillinger("revoke", "probe", "file_access").stdout == "nothing was granted to probe\n"
    assert schillinger("revoke", "porbe").returncode == 2


def test_a_broken_journal_stops_only_what_needs_it(
    schillinger: Schillinger, environment: dict[str, str], tmp_path: Path
) -> None:
    """An example runs; the plugin that needs a grant is refused with what to do."""
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    environment["SCHILLINGER_JOURNAL"] = str(tmp_path / "broken.db")
    assert schillinger("run", "resultant_rhythm", "--quiet").returncode == 0
    done = schillinger("run", "probe")
    assert done.returncode == 4
    assert f"move {tmp_path / 'broken.db'} away" in done.stderr


def test_at_a_terminal_it_asks(terminal: Terminal, tmp_path: Path) -> None:
    """Who, for what, why; a yes grants, and the run goes on."""
    child = terminal("run", "probe")
    child.expect_exact("its reason: to read your tones")
    child.expect_exact("Grant file_access to probe? [y/N] ")
    child.sendline("y")
    code, shown = ended(child)
    assert code == 0, shown
    assert "ran" in shown
    assert len(Journal(tmp_path / "data" / "schillinger" / "journal.db").grants()) == 1


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x03", "\x04"], ids=["no", "nothing", "ctrl-c", "ctrl-d"])
def test_at_a_terminal_all_else_is_no(terminal: Terminal, answer: str, tmp_path: Path) -> None:
    """No, an empty line, Ctrl-C and Ctrl-D: it says that nothing was granted, and refuses."""
    child = terminal("run", "probe")
    child.expect_exact("[y/N] ")
    child.send(answer)
    code, shown = ended(child)
    assert code == 4, shown
    assert "nothing was granted" in shown
    assert ("interrupted" in shown) == (answer in "\x03\x04")
    assert Journal(tmp_path / "data" / "schillinger" / "journal.db").grants() == []


def test_grant_asks_for_folders_at_a_terminal(terminal: Terminal, asking: Callable[..., Path], music: Path) -> None:
    """Where the plugin names none."""
    asking(permissions={}, requires_permissions=["file_access"])
    child = terminal("grant", "probe")
    child.expect_exact("Folder that it may read (empty line: none): ")
    child.sendline(str(music))
    child.expect_exact("no more): ")
    child.sendline("")
    child.expect_exact("read and write (empty line: none): ")
    child.sendline("")
    child.expect_exact("[y/N] ")
    child.sendline("yes")
    code, shown = ended(child)
    assert code == 0
    assert f"granted file_access to probe 1.0.0: read {music}" in shown


def test_a_declined_grant_has_a_code(terminal: Terminal) -> None:
    """A script can tell it from a grant."""
    child = terminal("grant", "probe")
    child.expect_exact("[y/N] ")
    child.sendline("n")
    assert ended(child)[0] == 4

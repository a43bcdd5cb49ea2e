"""``schillinger install | pack`` and ``%plugin install``: what is told, and with which code it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import cli
from schillinger_plugins.loader import user_folder
from schillinger_plugins.package import pack
from tests.shells import shell_with

from .conftest import MANIFEST, WriteArchive, Z, good_zip

BAD_INPUT = 2


def schillinger(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with the extension and a manager of its own."""
    with shell_with(None, profile=tmp_path / "ipython", monkeypatch=monkeypatch) as shell:
        yield shell


def test_installing_tells_where_what_and_next(archive: WriteArchive, capsys: pytest.CaptureFixture[str]) -> None:
    """The plugin is in the user's folder; where, what it asks for and what to do next are told."""
    assert schillinger("install", archive(good_zip())) == 0
    told = capsys.readouterr().out
    assert f"reverse 1.0.0 is in {user_folder() / 'reverse'}; nothing of it was run" in told
    assert "asks for execute: run" in told
    assert "next: schillinger info reverse" in told
    assert schillinger("list") == 0
    assert "reverse" in capsys.readouterr().out


def test_permissions_are_told_and_not_granted(plugin_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a plugin asks for beyond running is told with its reason when it is installed, and has to be granted."""
    text = MANIFEST.replace(b'["execute"]', b'["execute", "network"]').replace(
        b'"config_schema"',
        b'"permissions": {"network": {"reason": "scores", "hosts": ["example.org"]}}, "config_schema"',
    )
    (plugin_folder / "plugin.json").write_bytes(text)
    assert schillinger("install", plugin_folder) == 0
    assert "asks for network: reach example.org (scores)" in capsys.readouterr().out
    assert schillinger("permissions", "reverse") == 0
    assert "no" in capsys.readouterr().out


def test_what_is_there_is_not_overwritten(archive: WriteArchive, capsys: pytest.CaptureFixture[str]) -> None:
    """A second time needs ``--replace``, which the error says; the code is that of bad input."""
    path = archive(good_zip())
    assert schillinger("install", path) == 0
    assert schillinger("install", path) == BAD_INPUT
    assert "add --replace" in capsys.readouterr().err
    assert schillinger("install", path, "--replace") == 0


@pytest.mark.parametrize("data", [b"PK", b"", good_zip(Z(name="../x"))])
def test_a_bad_archive_is_bad_input(archive: WriteArchive, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """The rule is told without a traceback."""
    assert schillinger("install", archive(data)) == BAD_INPUT
    told = capsys.readouterr().err
    assert "PackageError: reverse.zip" in told
    assert "→ " in told
    assert "Traceback" not in told


def test_packing_and_installing(plugin_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What ``pack`` writes, ``install`` takes."""
    assert schillinger("pack", plugin_folder, "-o", tmp_path / "r.zip") == 0
    assert f"{tmp_path / 'r.zip'}: 2 files" in capsys.readouterr().out
    assert schillinger("install", tmp_path / "r.zip") == 0
    assert (user_folder() / "reverse" / "main.py").exists()


def test_another_of_the_same_id_is_told(
    plugin_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where another folder has the id already, which of the two counts is told."""
    monkeypatch.setenv("SCHILLINGER_PLUGIN_PATH", str(plugin_folder.parent))
    assert schillinger("install", plugin_folder) == 0
    assert f"{plugin_folder} has the id reverse, too, and counts instead" in capsys.readouterr().err


def test_the_magic_installs(shell: InteractiveShell, plugin_folder: Path, tmp_path: Path) -> None:
    """``%plugin install`` puts it into the user's folder, where ``%plugin`` knows it at once."""
    path = pack(plugin_folder, tmp_path / "with space.zip")
    told = repr(shell.run_line_magic("plugin", f'install "{path}"'))
    assert f"reverse 1.0.0 is in {user_folder() / 'reverse'}" in told
    assert "execute" in told
    assert "%plugin info reverse" in told
    assert "reverse" in repr(shell.run_line_magic("plugin", "list"))
    assert "is in" in repr(shell.run_line_magic("plugin", f"install '{path}' --replace"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "takes PATH"),
        ("a b", "takes PATH"),
        ("a --replcae", "did you mean --replace"),
        ("'a", "close the quote"),
        ("gone.zip", "No such file"),
    ],
)
def test_the_magic_says_what_is_wrong(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    """A line that can't be meant is refused with the way to write it."""
    result = shell.run_cell(f"%plugin install {line}")
    assert told in str(result.error_in_exec)

"""``schillinger new`` and ``schillinger export``."""

from __future__ import annotations

from pathlib import Path

import pytest

from schillinger_plugins import cli
from schillinger_plugins.manifest import Manifest


def _ran(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(map(str, arguments)))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_from_a_template_to_a_folder_and_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is made has no flaw, a copy is whole and has nothing else, and each says what to do next."""
    assert _ran("new", "slow_filter", "--type", "Effect", "--dir", tmp_path) == 0
    made = tmp_path / "slow_filter"
    assert not Manifest.flaws(made)
    for left in (".main.py.swp", "__pycache__/main.cpython-311.pyc"):  # by an editor, and by Python
        (made / left).parent.mkdir(exist_ok=True)
        (made / left).write_bytes(b"1")
    assert f"schillinger test {made}" in capsys.readouterr().out
    assert _ran("export", "slow_filter", "--to", tmp_path / "copy", "--path", made) == 0
    assert (tmp_path / "copy" / "main.py").read_bytes() == (made / "main.py").read_bytes()
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["docs", "main.py", "plugin.json", "tests"]
    assert _ran("export", "slow_filter", "--archive", "--to", tmp_path / "it.zip", "--path", made) == 0
    assert f"schillinger install {tmp_path / 'it.zip'}" in capsys.readouterr().out


def test_who_makes_an_integration_is_told_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The grant comes before the test, and a service must answer; another type needs neither."""
    assert _ran("new", "look_up", "--type", "integration", "--dir", tmp_path) == 0
    told = capsys.readouterr().out
    assert f"next: schillinger grant {tmp_path / 'look_up'} network; schillinger test" in told
    assert "put your host into plugin.json" in told
    assert _ran("new", "mix", "--dir", tmp_path) == 0
    assert "grant" not in capsys.readouterr().out


def test_what_is_there_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The code is 2, and what is wrong is said."""
    assert _ran("new", "mine", "--dir", tmp_path) == 0
    assert _ran("new", "mine", "--dir", tmp_path) == 2
    assert "is there already" in capsys.readouterr().err

"""``schillinger validate --run``: a plugin is tried in a confined process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import PluginManager, cli
from schillinger_plugins.authoring import new
from schillinger_plugins.authoring.trial import trial
from schillinger_plugins.definition.example import made_sound

Line = Callable[..., tuple[int, str]]


@pytest.fixture
def validate(capsys: pytest.CaptureFixture[str]) -> Line:
    """``schillinger validate --run`` of a folder; its code and what it printed on stdout."""

    def validate(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["validate", "--run", *map(str, arguments)])
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().out

    return validate


def test_what_works_is_said_to_run(validate: Line, tmp_path: Path) -> None:
    """Its audio inputs are given a sound, and the code is 0."""
    code, out = validate(new("soft", "node", tmp_path))
    assert code == 0
    assert "its example runs" in " ".join(out.split())


def test_what_fails_when_it_runs_is_a_flaw(validate: Line, write_plugin: Callable[..., Path]) -> None:
    """Its manifest is in order, so that only a run can tell; the code is 2."""
    folder = write_plugin(body="return {'y': 1 / 0}")
    code, out = validate(folder, "--json")
    (flaw,) = json.loads(out)[str(folder)]
    assert code == 2
    assert "ZeroDivisionError" in flaw["message"]


def test_nothing_is_run_unless_it_is_asked_for(
    cell: Callable[[str], tuple[Any, str, BaseException | None]],
    write_plugin: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A plugin that would fail at its import is found in order, by the magic and by the command."""
    folder = write_plugin(main="raise RuntimeError('it was run')")
    shown = repr(cell(f"%plugin validate {folder}")[0])
    assert "the manifest is in order; nothing of the plugin was run" in shown
    assert "✗" not in shown
    assert "it was run" in repr(cell(f"%plugin validate {folder} --run")[0])
    with pytest.raises(SystemExit) as ended:
        cli.main(["validate", str(folder)])
    assert ended.value.code == 0
    assert "it was run" not in capsys.readouterr().out


def test_nothing_is_run_where_the_manifest_is_broken(validate: Line, write_plugin: Callable[..., Path]) -> None:
    """The manifest's flaws are shown, and no worker is asked."""
    folder = write_plugin(version="x", body="return {'y': 1 / 0}")
    code, out = validate(folder, "--json")
    assert code == 2
    assert [flaw["path"] for flaw in json.loads(out)[str(folder)]] == ["$.metadata.version"]


def test_what_can_not_be_made_up_is_not_run(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """A required input that is no sound, and that the example doesn't have, is named."""
    definition = {
        "type": "probe",
        "label": "Probe",
        "inputs": [{"name": "notes", "type": "midi"}],
        "outputs": [{"name": "y", "type": "any"}],
        "parameters": [],
    }
    told = trial(manager, write_plugin(definition=definition))
    assert told.endswith("it was not run: its example has no notes")


def test_the_sound_is_one_second_and_does_not_clip() -> None:
    """And the same every time."""
    sound = made_sound()
    assert sound.duration_s == 1
    assert 0.1 < np.abs(sound.samples).max() < 1
    np.testing.assert_array_equal(sound.samples, made_sound().samples)

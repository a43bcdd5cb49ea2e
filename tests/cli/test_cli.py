"""The command line: what it prints, what it writes, and with which code it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

import schillinger_plugins
from schillinger_plugins import PluginManager, cli
from schillinger_plugins.cli import run as run_module
from schillinger_plugins.cli import tell as tell_module

DEFINITION: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [
        {"name": "audio", "type": "audio", "required": False},
        {"name": "notes", "type": "midi", "required": False},
        {"name": "table", "type": "array", "required": False},
        {"name": "what", "type": "any", "required": False},
    ],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [
        {"name": "gain_db", "type": "number", "default": 0, "min": -96, "max": 24, "unit": "dB"},
        {"name": "mode", "type": "choice", "default": "fast", "options": ["fast", "slow"]},
        {"name": "title", "type": "string", "default": ""},
        {"name": "automation", "type": "breakpoints", "default": []},
    ],
}
ECHO = "return {'y': {**parameters, 'inputs': sorted(inputs)}}"


class Done(NamedTuple):
    code: int
    out: str
    err: str


Schillinger = Callable[..., Done]


@pytest.fixture
def schillinger(
    manager: PluginManager, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Schillinger:
    """The console command in this process, with the manager that all tests share."""

    @contextmanager
    def shared(paths: Sequence[str]) -> Iterator[PluginManager]:
        for path in paths:
            manager.load(Path(path))
        yield manager

    monkeypatch.setattr(run_module, "open_manager", shared)
    monkeypatch.setattr(tell_module, "open_manager", shared)

    def schillinger(*arguments: object) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, captured.out, captured.err)

    return schillinger


@pytest.fixture
def probe(write_plugin: Callable[..., Path]) -> Callable[..., Path]:
    """Write the plugin ``probe`` with ports and parameters."""

    def probe(body: str = ECHO, *, outputs: list[dict[str, Any]] | None = None, **more: Any) -> Path:
        definition = {**DEFINITION, "outputs": outputs or DEFINITION["outputs"]}
        return write_plugin(body=body, definition=definition, manifest={"definition": definition}, **more)

    return probe


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.full(4410, 0.25), 44100)
    return path


def test_run_prints_a_summary(schillinger: Schillinger, probe: Callable[..., Path], tone: Path) -> None:
    """A file goes to the first audio input; the outputs are a table on stdout; the code is 0."""
    outputs = [{"name": "frames", "type": "integer", "unit": "samples", "label": "Length"}]
    done = schillinger(
        "run", "probe", tone, "--path", probe("return {'frames': inputs['audio'].frames}", outputs=outputs)
    )
    assert done.code == 0
    row = next(line for line in done.out.split("\n") if line.startswith("frames"))
    assert row.split() == ["frames", "4410", "samples", "Length"]


def test_a_folder_may_stand_for_the_id(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """``schillinger run ./my_plugin`` runs the plugin in that folder."""
    assert schillinger("run", probe()).code == 0


def test_values_are_json_or_text(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """Numbers, lists and text reach the plugin as its parameters want them."""
    done = schillinger(
        *("run", "probe", "--path", probe(), "--json"),
        *(
            "--set",
            "gain_db=-6.5",
            "--set",
            "mode=slow",
            "--set",
            "title=4711",
            "--set",
            "automation=[[0, -6], [2, 0]]",
        ),
    )
    outputs = json.loads(done.out)["outputs"]["y"]
    assert outputs["gain_db"] == -6.5
    assert outputs["mode"] == "slow"
    assert outputs["title"] == "4711"
    assert outputs["automation"] == [[0, -6], [2, 0]]


def test_inputs_are_read_from_files(
    schillinger: Schillinger, probe: Callable[..., Path], tone: Path, tmp_path: Path
) -> None:
    """Audio, MIDI, .npy and JSON files become what their ports take."""
    (tmp_path / "a.mid").write_bytes(b"MThd" + bytes(10))
    np.save(tmp_path / "a.npy", np.arange(3))
    (tmp_path / "a.json").write_text('{"a": [1, 2]}')
    body = "return {'y': [inputs['audio'].frames, len(inputs['notes']), inputs['table'].tolist(), inputs['what']]}"
    done = schillinger(
        *(
            "run",
            "probe",
            "--path",
            probe(body),
            "--json",
            "--input",
            f"audio={tone}",
            "--input",
            f"notes={tmp_path / 'a.mid'}",
        ),
        *("--input", f"table={tmp_path / 'a.npy'}", "--input", f"what={tmp_path / 'a.json'}"),
    )
    assert json.loads(done.out)["outputs"]["y"] == [4410, 14, [0, 1, 2], {"a": [1, 2]}]


def test_pickles_are_never_read(schillinger: Schillinger, probe: Callable[..., Path], tmp_path: Path) -> None:
    """An array file that holds Python objects is refused."""
    np.save(tmp_path / "a.npy", np.array([{"a": 1}]), allow_pickle=True)
    done = schillinger("run", "probe", "--path", probe(), "--input", f"table={tmp_path / 'a.npy'}")
    assert done.code == 2
    assert "can't be read" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prob"], "did you mean 'probe'?"),
        (["probe", "gone.wav"], "there is no file 'gone.wav'"),
        (["probe", "--set", "gain=1"], "did you mean `gain_db`?"),
        (["probe", "--set", "gain_db=40"], "above the maximum 24 dB - at $.parameters.gain_db"),
        (["probe", "--set", "gain_db=loud"], "expected a number"),
        (["probe", "--set", "gain_db=NaN"], "expected a finite number"),
        (["probe", "--set", "mode=medium"], "expected one of fast, slow"),
        (["probe", "--set", "audio=x.wav"], "write --input audio=FILE"),
        (["probe", "--set", "gain_db"], "is no NAME=VALUE"),
        (["probe", "--input", "sound=x.wav"], "known: audio, notes"),
        (["probe", "--input", "what=gone.json"], "can't be read"),
        (["probe", "--limit", "wall_s=long"], "no number"),
        (["probe", "--limit", "wal_s=1"], "did you mean wall_s?"),
        (["probe", "--seed", "-1"], "--seed"),
        (["probe", "--out", "result.jsn"], "did you mean .json?"),
        (["probe", "--out", "nowhere/at/all.json"], "there is no folder"),
        (["probe", "--otu", "x.json"], "No such option"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_ends_with_2(
    schillinger: Schillinger, probe: Callable[..., Path], arguments: list[str], words: str
) -> None:
    """Each slip is told in a few lines on stderr, nothing on stdout, and the code is 2."""
    done = schillinger("run", *arguments, "--path", probe())
    assert done.code == 2
    assert words in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


def test_a_file_for_a_plugin_without_audio_is_refused(
    schillinger: Schillinger, write_plugin: Callable[..., Path], tone: Path
) -> None:
    """A file that no input takes is not dropped silently."""
    done = schillinger("run", "probe", tone, "--path", write_plugin())
    assert done.code == 2
    assert "no audio input" in done.err


def test_a_plugin_that_raises_ends_with_1(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """The plugin's own traceback is told, with its file, and none of ours."""
    folder = probe("return {'y': 1 / 0}")
    done = schillinger("run", "probe", "--path", folder)
    assert done.code == 1
    assert str(folder / "main.py") in done.err
    assert "ZeroDivisionError" in done.err
    assert "schillinger_plugins/" not in done.err


def test_a_plugin_that_crashes_ends_with_1(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """A crash of the worker is a failure of the plugin."""
    assert schillinger("run", "probe", "--path", probe("os._exit(3)")).code == 1


def test_a_plugin_that_returns_what_it_must_not_ends_with_1(
    schillinger: Schillinger, probe: Callable[..., Path]
) -> None:
    """An output that is not declared is the plugin's mistake."""
    assert schillinger("run", "probe", "--path", probe("return {'z': 1}")).code == 1


def test_a_limit_that_is_exceeded_ends_with_3(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """A call that takes too long is ended, and told apart from a failure."""
    done = schillinger("run", "probe", "--path", probe("await asyncio.sleep(60)"), "--limit", "wall_s=0.2")
    assert done.code == 3
    assert "wall" in done.err


def test_a_permission_that_is_missing_ends_with_4(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """A plugin that needs what can't be granted is told apart, too."""
    assert schillinger("run", "probe", "--path", probe(requires_permissions=["execute", "network"])).code == 4


def test_quiet_prints_nothing(schillinger: Schillinger, probe: Callable[..., Path], tmp_path: Path) -> None:
    """With --quiet only the file is written."""
    done = schillinger("run", "probe", "--path", probe(), "--quiet", "--out", tmp_path / "a.json")
    assert done == (0, "", "")
    assert (tmp_path / "a.json").exists()


def test_progress_goes_to_stderr_in_lines(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """Without a terminal progress is plain lines, and stdout stays clean."""
    body = "self.context.progress(0.25, message='finding \\x1b[31mbeats')\nreturn {'y': 1}"
    done = schillinger("run", "probe", "--path", probe(body), "--json")
    assert "probe: 25 % finding" in done.err
    assert "\x1b" not in done.err
    json.loads(done.out)


FULL = """
return {
    "sound": Audio(np.array([[0.0, 0.5, -2.0]]), 8000),
    "curve": np.array([1.0, np.nan, np.inf]),
    "grid": np.arange(6).reshape(2, 3),
    "spectrum": np.array([1 + 2j]),
    "level": float("-inf"),
    "name": "x",
    "events": [{"time_s": 1.5}],
    "notes": b"MThd" + bytes(10),
}
"""
FULL_OUTPUTS = [
    {"name": "sound", "type": "audio"},
    {"name": "curve", "type": "array"},
    {"name": "grid", "type": "array"},
    {"name": "spectrum", "type": "array"},
    {"name": "level", "type": "number", "unit": "LUFS"},
    {"name": "name", "type": "string"},
    {"name": "events", "type": "events"},
    {"name": "notes", "type": "midi"},
]


@pytest.fixture
def full(probe: Callable[..., Path]) -> Path:
    """A plugin with an output of every kind."""
    return probe(FULL, outputs=FULL_OUTPUTS)


def test_json_holds_everything(schillinger: Schillinger, full: Path, tmp_path: Path) -> None:
    """All outputs, with provenance and units; NaN and infinities are null."""
    assert schillinger("run", "probe", "--path", full, "--seed", 5, "--out", tmp_path / "a.json").code == 0
    data = json.loads((tmp_path / "a.json").read_text())
    assert data["outputs"]["sound"] == {"sample_rate": 8000, "samples": [[0.0, 0.5, -2.0]]}
    assert data["outputs"]["curve"] == [1.0, None, None]
    assert data["outputs"]["grid"] == [[0, 1, 2], [3, 4, 5]]
    assert data["outputs"]["spectrum"] == [[1.0, 2.0]]
    assert data["outputs"]["level"] is None
    assert data["outputs"]["events"] == [{"time_s": 1.5}]
    assert data["units"] == {"level": "LUFS"}
    assert data["provenance"]["seed"] == 5
    assert data["provenance"]["plugin_id"] == "probe"


def test_npz_holds_arrays_and_metadata(schillinger: Schillinger, full: Path, tmp_path: Path) -> None:
    """Arrays by name, readable without pickle; the rest as JSON beside them."""
    assert schillinger("run", "probe", "--path", full, "--out", tmp_path / "a.npz").code == 0
    with np.load(tmp_path / "a.npz", allow_pickle=False) as data:
        np.testing.assert_array_equal(data["curve"], [1.0, np.nan, np.inf])
        np.testing.assert_array_equal(data["grid"], [[0, 1, 2], [3, 4, 5]])
        np.testing.assert_array_equal(data["sound"], np.array([[0.0, 0.5, -2.0]], np.float32))
        assert data["level"] == -np.inf
        metadata = json.loads(str(data["_metadata"]))
    assert metadata["sample_rates"] == {"sound": 8000}
    assert metadata["outputs"]["name"] == "x"
    assert metadata["provenance"]["plugin_id"] == "probe"


def test_html_stands_alone(schillinger: Schillinger, full: Path, tmp_path: Path) -> None:
    """The report is one file without scripts and without addresses to fetch from."""
    assert schillinger("run", "probe", "--path", full, "--out", tmp_path / "a.html").code == 0
    page = (tmp_path / "a.html").read_text()
    assert "<script" not in page
    assert 'src="http' not in page
    assert "probe" in page


def test_sound_is_written_as_it_is(schillinger: Schillinger, full: Path, tmp_path: Path) -> None:
    """A WAV file holds the samples exactly, beyond ±1, too; FLAC clips and says so."""
    assert schillinger("run", "probe", "--path", full, "--out", tmp_path / "a.wav").code == 0
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == 8000
    assert samples.tolist() == [0.0, 0.5, -2.0]
    done = schillinger("run", "probe", "--path", full, "--out", tmp_path / "a.flac")
    assert "clipped" in done.err
    assert soundfile.read(tmp_path / "a.flac")[0].tolist() == pytest.approx([0.0, 0.5, -1.0], abs=1e-6)


def test_notes_are_written_as_midi(schillinger: Schillinger, full: Path, tmp_path: Path) -> None:
    """A .mid file holds the plugin's MIDI."""
    assert schillinger("run", "probe", "--path", full, "--out", tmp_path / "a.mid").code == 0
    assert (tmp_path / "a.mid").read_bytes().startswith(b"MThd")


def test_a_format_the_plugin_has_nothing_for_is_refused_before_the_run(
    schillinger: Schillinger, probe: Callable[..., Path], tmp_path: Path
) -> None:
    """Nobody waits for a run whose sound can't be written."""
    outputs = [{"name": "level", "type": "number"}]
    done = schillinger(
        "run", "probe", "--path", probe("raise AssertionError('ran')", outputs=outputs), "--out", tmp_path / "a.wav"
    )
    assert done.code == 2
    assert "no output of type audio" in done.err


def test_a_file_is_overwritten_only_by_force(
    schillinger: Schillinger, probe: Callable[..., Path], tmp_path: Path
) -> None:
    """What is there is kept, unless --force is given; then it is replaced as a whole."""
    path = tmp_path / "a.json"
    path.write_text("mine")
    done = schillinger("run", "probe", "--path", probe(), "--out", path)
    assert done.code == 2
    assert "--force" in done.err
    assert path.read_text() == "mine"
    assert schillinger("run", "probe", "--path", probe(), "--out", path, "--force").code == 0
    assert json.loads(path.read_text())["outputs"]


def test_a_file_that_appears_meanwhile_is_kept(
    schillinger: Schillinger, probe: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that somebody made while the plugin ran is not overwritten either."""
    from schillinger_plugins.cli import save

    path = tmp_path / "a.json"
    real = save.plain

    def meanwhile(result: Any) -> Any:
        path.write_text("theirs")
        return real(result)

    monkeypatch.setattr(save, "plain", meanwhile)
    assert schillinger("run", "probe", "--path", probe(), "--out", path).code == 2
    assert path.read_text() == "theirs"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_nothing_half_written_stays(
    schillinger: Schillinger, probe: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the device is full, neither the file nor its beginnings are there."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    folder = tmp_path / "out"
    folder.mkdir()
    done = schillinger("run", "probe", "--path", probe(), "--out", folder / "a.json")
    assert done.code == 2
    assert "No space left" in done.err
    assert list(folder.iterdir()) == []


def test_list_shows_plugins_and_broken_ones(schillinger: Schillinger, write_plugin: Callable[..., Path]) -> None:
    """The table and the JSON have every plugin, broken ones with their error."""
    good, bad = write_plugin("good"), write_plugin("bad", version="x")
    done = schillinger("list", "--path", good.parent)
    assert done.code == 0
    assert "written by a test" in done.out
    assert "'x' is no version" in " ".join(done.out.split())
    listed = {one["id"]: one for one in json.loads(schillinger("list", "--path", bad.parent, "--json").out)}
    assert listed["good"]["metadata"]["version"] == "1.0.0"
    assert listed["bad"]["state"] == "broken"


def test_info_tells_what_a_plugin_takes(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """Ports and parameters with their ranges, as a table and as JSON."""
    folder = probe()
    assert "number −96…24 dB" in schillinger("info", "probe", "--path", folder).out
    data = json.loads(schillinger("info", "probe", "--path", folder, "--json").out)
    assert data["definition"]["parameters"][0]["name"] == "gain_db"


def test_info_counts_what_the_scan_found_in_tests(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """It is said, not listed: `schillinger scan` lists it."""
    folder = probe()
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text("exec('y = 1')\n")
    done = schillinger("info", "probe", "--path", folder)
    assert "found 1 in its tests: schillinger scan probe" in done.err
    assert "test_it.py" not in done.out
    assert "tests/test_it.py" in schillinger("scan", folder).out


def test_info_asks_the_worker_where_the_manifest_is_silent(
    schillinger: Schillinger, write_plugin: Callable[..., Path]
) -> None:
    """A plugin without a definition in its manifest is loaded to tell what it takes."""
    data = json.loads(schillinger("info", "probe", "--path", write_plugin(definition=DEFINITION), "--json").out)
    assert data["definition"]["label"] == "Probe"


def test_info_of_an_unknown_plugin(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """The nearest id is suggested, and the code is 2."""
    done = schillinger("info", "prob", "--path", probe())
    assert done.code == 2
    assert "did you mean probe?" in done.err


def test_validate_shows_every_flaw(schillinger: Schillinger, write_plugin: Callable[..., Path]) -> None:
    """All flaws of all folders; the code is 2 if there is one, else 0; nothing is run."""
    bad = write_plugin("bad", version="x", plugin_type="NOD")
    good = write_plugin("good", main="raise AssertionError('ran')")
    done = schillinger("validate", good, bad)
    assert done.code == 2
    assert "$.metadata.version" in done.out
    assert "$.metadata.plugin_type" in done.out
    assert f"✓ {good}" in done.out
    assert schillinger("validate", good).code == 0
    assert json.loads(schillinger("validate", good, "--json").out) == {str(good): []}
    assert schillinger("validate", good / "nowhere").code == 2


def test_doctor_tells_the_level(schillinger: Schillinger) -> None:
    """The level with its reasons, as a table and as JSON; the code tells whether it is enough."""
    done = schillinger("doctor", "--json")
    report = json.loads(done.out)
    assert report["level"] in ("full", "partial", "process")
    assert done.code == (4 if report["level"] == "process" else 0)
    assert "Sandbox level" in schillinger("doctor").out


def test_schema_is_the_manifests(schillinger: Schillinger) -> None:
    """``schillinger schema`` prints the JSON Schema of plugin.json."""
    from schillinger_plugins.manifest import manifest_schema

    assert json.loads(schillinger("schema").out) == manifest_schema()


@pytest.mark.parametrize("arguments", [["-h"], ["run", "-h"], ["list", "-h"], ["--version"]])
def test_help_ends_with_0(schillinger: Schillinger, arguments: list[str]) -> None:
    """Help and version go to stdout."""
    done = schillinger(*arguments)
    assert done.code == 0
    assert done.out


def test_help_documents_the_exit_codes(schillinger: Schillinger) -> None:
    """Every exit code stands in the help."""
    told = schillinger("-h").out
    for code in (cli.OK, cli.FAILED, cli.BAD_INPUT, cli.LIMIT, cli.CONFINEMENT, cli.BUG, cli.INTERRUPTED):
        assert f"\n    {code} " in told


def test_hostile_text_drives_no_terminal(schillinger: Schillinger, probe: Callable[..., Path]) -> None:
    """Escape sequences and markup in what a plugin returns are printed as text."""
    outputs = [{"name": "name", "type": "string"}]
    done = schillinger("run", "probe", "--path", probe("return {'name': '[red]\\x1b[31m'}", outputs=outputs))
    assert "\x1b" not in done.out
    assert "[red]" in done.out


def test_a_mistake_of_ours_is_called_one(
    schillinger: Schillinger, monkeypatch: pytest.MonkeyPatch, probe: Callable[..., Path]
) -> None:
    """Even a bug shows no traceback, but says how to get one."""
    monkeypatch.setattr(run_module, "_summarise", lambda result: 1 / 0)
    done = schillinger("run", "probe", "--path", probe())
    assert done.code == 70
    assert "SCHILLINGER_DEBUG=1" in done.err
    assert "Traceback" not in done.err


def _command(*arguments: object) -> list[str]:
    code = "import sys; from schillinger_plugins.cli import main; main(sys.argv[1:])"
    return [sys.executable, "-c", code, *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1])}


def test_an_interrupt_ends_with_130(probe: Callable[..., Path], tmp_path: Path) -> None:
    """Ctrl-C ends the run within seconds, leaves no file and no process, and the code is 130."""
    folder = probe("self.context.progress(0.1, message='sleeping')\nawait asyncio.sleep(600)\nreturn {'y': 1}")
    command = _command("run", folder, "--out", tmp_path / "a.json")
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_environment(), start_new_session=True)
    try:
        assert child.stderr is not None
        seen = ""
        for line in child.stderr:
            seen += line
            if "sleeping" in line:
                break
        assert "sleeping" in seen
        child.send_signal(signal.SIGINT)
        rest = child.communicate(timeout=30)[1]
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 130
    assert rest.strip() == "cancelled"
    assert not (tmp_path / "a.json").exists()


def test_a_reader_that_has_seen_enough_is_no_mistake(probe: Callable[..., Path]) -> None:
    """``schillinger schema | head -1`` prints no complaint."""
    child = subprocess.Popen(
        _command("schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    said = child.stderr.read()
    child.wait(timeout=30)
    assert "Traceback" not in said
    assert "mistake" not in said


def test_the_command_runs_as_a_module_of_any_python() -> None:
    """A notebook's kernel need not have the command on its path: ``python -m schillinger_plugins`` is the same."""
    done = subprocess.run(
        [sys.executable, "-m", "schillinger_plugins", "validate", "/nowhere"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == cli.BAD_INPUT
    assert "/nowhere" in done.stdout

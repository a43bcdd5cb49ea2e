"""A flow over many inputs: a run for each, and what fails concerns the others not at all."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.errors import InputError, PluginExecutionError

DEFINITION: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [{"name": "x", "type": "number"}],
    "outputs": [
        {"name": "square", "type": "number"},
        {"name": "pid", "type": "integer"},
        {"name": "all", "type": "list"},
    ],
    "parameters": [],
}
SQUARE = """
import os
if inputs['x'] == 13:
    raise ValueError('unlucky')
return {'square': inputs['x'] ** 2, 'pid': os.getpid(), 'all': [1]}
"""


@pytest.fixture
def study(manager: PluginManager, write_plugin: Callable[..., Path]) -> Iterator[Flow]:
    """A flow whose one node squares a number, and refuses 13."""
    manager.load(write_plugin(body=SQUARE, definition=DEFINITION))
    with Flow(manager, name="study", concurrency=2) as flow:
        flow.input("n", type="number") >> flow.add("probe")["x"]
        yield flow


def test_each_input_has_a_run_and_a_row(study: Flow) -> None:
    """Several at a time, each in instances of its own; a row has what fits into a table."""
    rows = [item.row() for item in study.over(n=range(12))]
    assert {row["n"]: row["probe.square"] for row in rows} == {n: n * n for n in range(12)}
    assert len({row["probe.pid"] for row in rows}) == 2
    assert set(rows[0]) == {"n", "probe.square", "probe.pid"}
    assert not study.host.instances  # type: ignore[attr-defined]  # a manager


def test_what_fails_is_said_and_the_others_go_on(study: Flow) -> None:
    """With the plugin's own error; what another input isn't fit for, too."""
    errors = {item.inputs["n"]: item.error for item in study.over(n=[1, 13, "two", 3])}
    assert isinstance(errors[13], PluginExecutionError)
    assert isinstance(errors["two"], InputError)
    assert errors[1] is errors[3] is None


def test_what_would_fail_every_time_is_refused_before(study: Flow) -> None:
    """An input that there is not, a problem of the flow, values that don't go together."""
    with pytest.raises(InputError, match="no input 'm'"):
        study.over(m=[1])
    study.input("p", type="number")
    with pytest.raises(InputError, match="n and p don't have as many"):
        list(study.over(n=[1, 2], p=[1]))
    study.add("probe", id="lonely")
    with pytest.raises(InputError, match="lonely"):
        study.over(n=[1])


def test_who_takes_no_more_ends_the_rest(study: Flow) -> None:
    """The runs under way are cancelled, their instances are gone, and no input is taken that nobody asked for."""
    taken = []

    def endless() -> Any:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    items = study.over(n=endless())
    assert next(items).error is None
    items.close()
    assert len(taken) < 10
    assert not study.host.instances  # type: ignore[attr-defined]  # a manager
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("schillinger-batch")]


def test_the_command_goes_on_where_it_was(
    manager: PluginManager, write_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    """A row for each file as it is done; the same command again does what failed or has no row, and no more."""
    ports = {"inputs": [{"name": "audio", "type": "audio"}], "outputs": [{"name": "peak", "type": "number"}]}
    meter = write_plugin(
        "meter", body="return {'peak': inputs['audio'].samples.max()}", definition={**DEFINITION, **ports}
    )
    manager.load(meter)
    flow = Flow(manager, name="levels")
    flow.input("song", type="audio") >> flow.add("meter")["audio"]
    flow.save(tmp_path / "levels.json")
    flow.close()
    for number in range(3):
        soundfile.write(tmp_path / f"{number}.wav", np.full(8000, 0.1 * (number + 1)), 8000)
    (tmp_path / "3.wav").write_bytes(b"no sound")
    table = tmp_path / "levels.csv"

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        more = (*more, "--path", str(meter), "--table", table.name)
        command = [sys.executable, "-m", "schillinger_plugins", "flow", "levels.json", *more]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)

    def rows() -> dict[str, dict[str, str]]:
        with table.open(newline="") as file:
            return {row["file"]: row for row in csv.DictReader(file)}

    done = run("0.wav", "1.wav", "3.wav")
    assert done.returncode == 1, done.stderr
    assert rows()["0.wav"]["error"] == rows()["1.wav"]["error"] == ""
    assert float(rows()["1.wav"]["meter.peak"]) > float(rows()["0.wav"]["meter.peak"])
    assert "'3.wav' is no audio that can be read" in rows()["3.wav"]["error"]
    table.write_text(table.read_text() + "2.wav,12")  # killed in the middle of a row
    soundfile.write(tmp_path / "3.wav", np.full(8000, 0.4), 8000)
    again = run("0.wav", "1.wav", "2.wav", "3.wav")
    assert again.returncode == 0, again.stderr
    assert "2 of 4 have a row" in again.stderr
    assert [row["error"] for row in rows().values()] == [""] * 4
    refused = run("2.wav", "--input", "sung=0.wav")
    assert refused.returncode == 2
    assert "no input 'sung'" in refused.stderr


def test_an_interrupt_leaves_the_rows_that_are_done(
    manager: PluginManager, write_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    """And nothing runs on."""
    root = write_plugin("slow", body="if inputs['x'] == 'c': await asyncio.sleep(60)\nreturn {'y': inputs['x']}")
    manager.load(root)
    with Flow(manager, name="study") as flow:
        flow.input("n", type="string") >> flow.add("slow")["x"]
        flow.save(tmp_path / "study.json")
    table = tmp_path / "study.csv"
    options = ["--path", str(root), "--over", "n", "--jobs", "1", "--table", str(table), "--", "a", "b", "c"]
    command = [sys.executable, "-m", "schillinger_plugins", "flow", "study.json", *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        while not (table.exists() and table.read_text().count("\n") == 3) and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    with table.open(newline="") as rows:
        assert [(row["file"], row["error"]) for row in csv.DictReader(rows)] == [("a", ""), ("b", "")]

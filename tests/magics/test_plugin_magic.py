"""``%plugin``: what each subcommand does and shows, and how it fails."""

from __future__ import annotations

import atexit
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

import schillinger_plugins
from schillinger_plugins import PluginManager, Result, magics
from schillinger_plugins.errors import AudioFileError, InputError, ManifestError, PluginExecutionError, UnknownPlugin
from schillinger_plugins.magics.subcommands import SUBCOMMANDS
from tests.conftest import Cell

from .conftest import PROBE

Probe = Callable[..., str]


def test_load_ext_stays_light(tmp_path: Path) -> None:
    """After %load_ext none of the heavy libraries has been imported, nor NumPy."""
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from traitlets.config import Config\n"
        "c = Config(); c.HistoryManager.enabled = False\n"
        "shell = InteractiveShell(config=c)\n"
        "before = set(sys.modules)\n"
        "shell.run_line_magic('load_ext', 'schillinger_plugins')\n"
        "heavy = 'librosa matplotlib scipy pydantic anywidget rich jsonschema numpy soundfile'.split()\n"
        "print(sorted(m for m in set(sys.modules) - before if m.partition('.')[0] in heavy))\n"
        "print('plugin' in shell.magics_manager.magics['line'])\n"
    )
    environment = {
        **os.environ,
        "IPYTHONDIR": str(tmp_path),
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


def test_unload_takes_everything_back(manager: PluginManager) -> None:
    """After %unload_ext the magic, the completer and the manager are gone; loading twice is loading once."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    atexit.unregister(shell.atexit_operations)  # hundreds of shells, each of which would collect garbage
    before = (set(shell.magics_manager.magics["line"]), len(shell.Completer.custom_matchers))
    magics.load(shell)
    magics.load(shell)
    assert len(shell.Completer.custom_matchers) == before[1] + 1
    magics.unload(shell)
    magics.unload(shell)
    assert (set(shell.magics_manager.magics["line"]), len(shell.Completer.custom_matchers)) == before
    with pytest.raises(RuntimeError, match="load_ext"):
        magics.manager(shell)


def test_run_returns_the_result(cell: Cell, probe: Probe, shell: InteractiveShell) -> None:
    """Expressions are evaluated in the user's namespace, and the magic's value is the Result."""
    probe()
    shell.user_ns.update(level=-6, pairs=[(0, -6)])
    _, printed, error = cell(
        "r = %plugin run probe gain_db=level - 1 automation=[*pairs, (2, 0)] x={'a': [1, 2]} mode='slow'"
    )
    assert error is None
    assert printed == ""
    result = shell.user_ns["r"]
    assert isinstance(result, Result)
    assert result["y"]["gain_db"] == -7.0
    assert result["y"]["automation"] == [[0.0, -6.0], [2.0, 0.0]]
    assert result["y"]["x"] == {"a": [1, 2]}


def test_run_shows_its_result(cell: Cell, probe: Probe) -> None:
    """Without an assignment the cell shows the result."""
    probe()
    _, printed, error = cell("%plugin run probe")
    assert error is None
    assert "gain_db" in printed


def test_audio_may_be_a_tuple_or_a_path(cell: Cell, probe: Probe, shell: InteractiveShell, tmp_path: Path) -> None:
    """``audio=(y, sr)`` and ``audio="file"`` reach the plugin as Audio."""
    import soundfile

    probe("return {'y': [inputs['audio'].frames, inputs['audio'].sample_rate]}")
    shell.user_ns.update(y=np.zeros(100), sr=8000, path=tmp_path / "a.wav")
    soundfile.write(tmp_path / "a.wav", np.zeros(50), 16000)
    assert cell("r = %plugin run probe audio=(y, sr)\nr['y']")[0] == [100, 8000]
    assert cell("r = %plugin run probe audio=path\nr['y']")[0] == [50, 16000]


def test_run_sees_the_names_of_a_function(cell: Cell, probe: Probe) -> None:
    """In a function the expressions see its locals, within comprehensions, too."""
    probe()
    run = "%plugin run probe gain_db=[local for _ in range(2)][0]"
    code = f"def f():\n    local = 5\n    r = {run}\n    return r['y']['gain_db']\nf()"
    assert cell(code)[0] == 5.0


def test_braces_are_python(cell: Cell, probe: Probe) -> None:
    """IPython's own expansion of {…} and $… in magics does not touch expressions."""
    probe()
    assert cell("a = 1\nr = %plugin run probe x=[{a}, '$a', f'{a}'] == [{1}, '$a', '1']\nr['y']['x']")[0] is True


def test_the_seed_makes_a_run_repeatable(cell: Cell, probe: Probe) -> None:
    """``--seed`` is passed on and recorded."""
    probe("return {'y': float(self.context.random.random())}")
    first = cell("r = %plugin run probe --seed 7\nr['y'], r.provenance.seed")[0]
    second = cell(
        "r = %plugin run --seed 3 + 4 probe\n" if False else "r = %plugin run --seed 7 probe\nr['y'], r.provenance.seed"
    )[0]
    assert first == second
    assert first[1] == 7


@pytest.mark.parametrize("seed", ["'x'", "-1", "1.5", "True", "2**64"])
def test_a_seed_is_a_whole_number(cell: Cell, probe: Probe, seed: str) -> None:
    """What is no seed is refused."""
    probe()
    _, printed, error = cell(f"%plugin run probe --seed {seed}")
    assert isinstance(error, InputError)
    assert "whole number" in printed


def test_config_makes_an_instance_for_one_run(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """``--config`` reaches the plugin, and the instance is gone afterwards."""
    probe(
        manifest={"config_schema": {"properties": {"size": {"type": "integer"}}}, "default_config": {"size": 1, "b": 2}}
    )
    before = set(manager.instances)
    assert cell("r = %plugin run probe --config size=3\nr['y']['config']")[0] == {"size": 3, "b": 2}
    assert set(manager.instances) == before
    _, printed, error = cell("%plugin run probe --config size='x'")
    assert isinstance(error, InputError)
    assert "$.config.size" in printed


def test_a_limit_holds_for_one_run(cell: Cell, probe: Probe) -> None:
    """``--limit`` ends a run that takes too long; the next run is well."""
    probe("import asyncio\nif parameters['invert']:\n    await asyncio.sleep(60)\nreturn {'y': 1}")
    _, printed, error = cell("%plugin run probe invert=True --limit wall_s=0.2")
    assert type(error).__name__ == "LimitExceeded"
    assert "wall" in printed
    assert cell("r = %plugin run probe\nr['y']")[0] == 1


def test_a_plugins_error_shows_the_plugins_traceback(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """The plugin's file and line are shown, none of ours, and the cell has failed: what follows is not run."""
    probe("return {'y': 1 / 0}")
    _, printed, error = cell("%plugin run probe\nprint('after')")
    assert isinstance(error, PluginExecutionError)
    assert str(manager.plugins["probe"].root / "main.py") in printed
    assert "ZeroDivisionError: division by zero" in printed
    assert "1 / 0" in printed
    assert "schillinger_plugins/" not in printed
    assert "after" not in printed


def test_an_expressions_error_shows_the_users_frames(cell: Cell, probe: Probe) -> None:
    """What the user's own code raises keeps its type and is shown from the expression on."""
    probe()
    _, printed, error = cell("def f():\n    return {}['gone']\n%plugin run probe gain_db=f()")
    assert isinstance(error, KeyError)
    assert "return {}['gone']" in printed
    assert "gain_db=f()" in printed
    assert "schillinger_plugins/" not in printed


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("lst", InputError, "did you mean %plugin list?"),
        ("xyzzy", InputError, "%plugin alone shows them"),
        ("run", InputError, "needs a plugin's id"),
        ("run prob", UnknownPlugin, "did you mean 'probe'?"),
        ("run probe gain=1", InputError, "did you mean `gain_db`?"),
        ("run probe gain_db=40", InputError, "40 dB, above the maximum 24 dB - at $.parameters.gain_db"),
        ("run probe gain_db='x'", InputError, "expected a number"),
        ("run probe audio=3", InputError, "expected audio"),
        ("run probe gain_db=no_such_name", InputError, "assign no_such_name first"),
        ("run probe audio='gone.wav'", AudioFileError, "there is no file 'gone.wav'"),
        ("run probe audio=/tmp", InputError, 'a path needs quotes: audio="/tmp"'),
        ("run probe --limit wal_s=1", InputError, "did you mean wall_s?"),
        ("info prob", UnknownPlugin, "did you mean 'probe'?"),
        ("load prob", UnknownPlugin, "did you mean 'probe'?"),
        ("load /nowhere/at/all", ManifestError, "there is no folder"),
        ("load", InputError, "write %plugin load ID | PATH"),
        ("load a b", InputError, "followed by 'b'"),
        ("unload prob", UnknownPlugin, "did you mean 'probe'?"),
        ("reload prob", UnknownPlugin, "did you mean 'probe'?"),
        ("logs prob", UnknownPlugin, "did you mean 'probe'?"),
        ("logs --tail x", InputError, "--tail needs a number"),
        ("logs a b", InputError, "too much"),
        ("status now", InputError, "takes nothing"),
        ("doctor now", InputError, "takes nothing"),
        ("validate prob", UnknownPlugin, "did you mean 'probe'?"),
        ("validate 'open", InputError, "close the quote"),
    ],
)
def test_bad_input_gets_a_short_error_with_a_next_step(
    cell: Cell, probe: Probe, line: str, kind: type[BaseException], words: str
) -> None:
    """Each slip is a typed error in a few lines: type, message, remedy, no frames; and the cell has failed."""
    probe()
    _, printed, error = cell(f"%plugin {line}\nprint('after')")
    assert isinstance(error, kind)
    assert words in printed
    assert kind.__name__ in printed
    assert "Traceback" not in printed
    assert "after" not in printed
    assert len(printed.strip().split("\n")) <= 5


def test_a_failed_run_leaves_the_rest_working(cell: Cell, probe: Probe) -> None:
    """After any error the next run is as if nothing had been."""
    probe("if parameters['invert']:\n    raise ValueError('no')\nreturn {'y': 1}")
    assert cell("%plugin run probe invert=True")[2] is not None
    assert cell("r = %plugin run probe\nr['y']")[0] == 1


def test_ctrl_c_is_one_line_and_the_instance_comes_back(
    cell: Cell, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt ends the call with one line; the next run is well."""
    import signal
    import threading

    from schillinger_plugins.magics.progress import Progress

    sleeps = "import asyncio\nif parameters['invert']:\n    await asyncio.sleep(60)\nreturn {'y': 1}"
    probe(f"self.context.progress(0.1, message='now')\n{sleeps}")
    main = threading.main_thread().ident
    assert main is not None

    def interrupt(self: Progress, fraction: float, message: str) -> None:
        if message == "now":
            threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGINT)).start()

    assert cell("r = %plugin run probe\nr['y']")[0] == 1
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "update", interrupt)
        _, printed, error = cell("%plugin run probe invert=True\nprint('after')")
    assert isinstance(error, KeyboardInterrupt)
    (line,) = printed.strip().split("\n")
    assert line.startswith("cancelled after ")
    assert "the instance is ready again" in line
    assert cell("r = %plugin run probe\nr['y']")[0] == 1


def test_help_is_there_for_everything(cell: Cell) -> None:
    """``%plugin`` alone names every subcommand; ``-h`` after one gives its usage, options and examples."""
    overview = repr(cell("%plugin")[0])
    for command in SUBCOMMANDS.values():
        assert command.name in overview
        for line in (f"%plugin {command.name} -h", f"%plugin {command.name} --help"):
            told = repr(cell(line)[0])
            assert command.usage in told
            assert command.examples[0] in told
            assert all(option in told for option, _, _ in command.options)


def test_every_subcommand_has_its_handler() -> None:
    """The table of subcommands and the dispatch name the same words."""
    from schillinger_plugins.magics.plugin_magic import _HANDLERS

    assert list(_HANDLERS) == list(SUBCOMMANDS)


HOSTILE = "<script>alert(1)</script>"


def test_list_shows_plugins_and_broken_ones(
    cell: Cell, probe: Probe, write_plugin: Callable[..., Path], manager: PluginManager
) -> None:
    """The table has every plugin with its state, the broken ones with their error; a word narrows it down."""
    from schillinger_plugins.loader import inspect

    probe()
    folder = write_plugin("broken", manifest={"main_flie": 1})
    manager.registry.register(inspect(folder, source="loaded by path"))
    table = cell("%plugin list")[0]
    assert "probe" in repr(table)
    assert "unknown key 'main_flie'" in repr(table)
    assert "1 broken" in repr(table) or "broken:" in repr(table)
    assert "probe" not in repr(cell("%plugin list main_flie")[0])
    assert "probe" in repr(cell("%plugin list written by")[0])


def test_hostile_text_is_escaped(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """A plugin named <script> is shown, not run: in every table of HTML its text is escaped."""
    probe(name="probe", description=HOSTILE, author=HOSTILE, category=HOSTILE)
    for line in (
        "%plugin list",
        "%plugin info probe",
        f"%plugin validate {manager.plugins['probe'].root}",
        "%plugin status",
    ):
        html = cell(line)[0]._repr_html_()
        assert "<script" not in html
    assert "&lt;script&gt;" in cell("%plugin list")[0]._repr_html_()
    assert "&lt;script&gt;" in cell("%plugin info probe")[0]._repr_html_()


def test_info_tells_ports_parameters_and_facts(cell: Cell, probe: Probe) -> None:
    """In a terminal info is text: facts, inputs, outputs, parameters with their ranges."""
    probe()
    told, printed, error = cell("%plugin info probe")
    assert error is None
    for words in ("Inputs", "Outputs", "Parameters", "number −96…24 dB", "execute", "1.0.0"):
        assert words in repr(told)
    assert "Parameters" in printed


def test_info_of_a_broken_plugin_tells_why(
    cell: Cell, write_plugin: Callable[..., Path], manager: PluginManager
) -> None:
    """A broken plugin can be asked about; the answer is its error."""
    from schillinger_plugins.loader import inspect

    manager.registry.register(inspect(write_plugin("broken", version="x")))
    told, _, error = cell("%plugin info broken")
    assert error is None
    assert "'x' is no version" in repr(told)


def test_load_unload_and_reload(cell: Cell, write_plugin: Callable[..., Path], manager: PluginManager) -> None:
    """A plugin is loaded by its path, reloaded with new code, and unloaded."""
    folder = write_plugin("other", body="return {'y': 1}")
    assert "other 1.0.0 is loaded" in repr(cell(f"%plugin load {folder}")[0])
    assert cell("r = %plugin run other\nr['y']")[0] == 1
    write_plugin("other", body="return {'y': 2}")
    assert "reloaded" in repr(cell("%plugin reload other")[0])
    assert cell("r = %plugin run other\nr['y']")[0] == 2
    assert "unloaded" in repr(cell("%plugin unload other")[0])
    assert manager.plugins["other"].state == "discovered"
    assert "was not loaded" in repr(cell("%plugin unload other")[0])


def test_status_counts_calls(cell: Cell, probe: Probe) -> None:
    """Status names the level and, for each instance, its calls and failures."""
    probe("return {'y': 1 / (1 - parameters['invert'])}")
    cell("%plugin run probe")
    cell("%plugin run probe invert=True")
    told = repr(cell("%plugin status")[0])
    assert "Sandbox level: " in told
    (row,) = [line for line in told.split("\n") if line.startswith("probe-")]
    assert row.split()[2:5] == ["1", "1", "(50%)"]


def test_status_tells_rates_percentiles_and_housekeeping(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """Calls a minute, p50 and p99, CPU, memory now and at most, restarts, sleeps and what they gave back."""
    probe("self.kept = np.ones(4_000_000)\nreturn {'y': 1}")
    cell("%plugin run probe")
    (instance,) = manager.instances.values()
    instance.rest_if_idle(0.0)
    instance._tally._recent.clear()
    instance._tally._recent.extend((0.0, float(number)) for number in range(1, 101))
    told = repr(cell("%plugin status")[0])
    headings, row = (
        next(line for line in told.split("\n") if line.startswith(word)) for word in ("instance ", "probe-")
    )
    for heading in ("a minute", "p50", "p99", "CPU", "memory", "housekeeping"):
        assert heading in headings
    assert re.search(r"  50 s +99 s  ", row)
    assert "slept 1×" in row
    instance.execute()
    worker = instance._worker
    assert worker is not None
    worker.peak_memory_bytes = 90_000_000
    for calls in range(21, 60):
        worker.growth.add(calls, calls * 1_000_000)
    assert "MB, peak 90 MB, grows by 1 MB a call" in repr(cell("%plugin status")[0])


def test_status_tells_how_many_wait(cell: Cell, probe: Probe, manager: PluginManager) -> None:
    """Beside what the instance does."""
    probe("self.context.progress(0.1)\nreturn {'y': 1}")
    cell("%plugin run probe")
    (instance,) = manager.instances.values()
    other = threading.Thread(target=instance.execute)
    seen: list[str] = []

    def look(*_: object) -> None:
        other.start()
        while not instance.waiting:
            threading.Event().wait(0.001)
        seen.append(repr(cell("%plugin status")[0]))

    instance.execute(on_progress=look)
    other.join()
    assert "running, 1 wait" in seen[0]


def test_logs_show_what_was_printed(cell: Cell, probe: Probe) -> None:
    """Lines that a plugin printed are shown, the last ones only if asked; control characters are not passed on."""
    probe("print('first'); print('second \\x1b[31mred'); return {'y': 1}")
    cell("%plugin run probe")
    told = repr(cell("%plugin logs probe")[0])
    assert "first" in told
    assert "\x1b" not in told
    last = repr(cell("%plugin logs probe --tail 1")[0])
    assert "second" in last
    assert "first" not in last


def test_doctor_gives_level_and_reasons(cell: Cell) -> None:
    """The level, each layer and each attempt with a mark, and what the level means."""
    told = repr(cell("%plugin doctor")[0])
    assert told.startswith("Sandbox level: ")
    assert "seccomp" in told
    assert "✓" in told or "✗" in told
    assert "attempt: " in told


def test_validate_shows_every_flaw_and_runs_nothing(cell: Cell, write_plugin: Callable[..., Path]) -> None:
    """All flaws are shown, not only the first; a good plugin is said to be in order; its code is not run."""
    bad = write_plugin("bad", version="x", plugin_type="NOD", main="open('ran', 'w')")
    told = repr(cell(f"%plugin validate {bad}")[0])
    assert "2 flaws" in told
    assert "$.metadata.version" in told
    assert "did you mean `NODE`?" in told
    good = write_plugin("good", main="raise AssertionError('ran')")
    assert "in order" in repr(cell(f"%plugin validate {good}")[0])
    assert not Path("ran").exists()


def test_a_notebook_survives_the_renaming_of_a_parameter(cell: Cell, probe: Probe) -> None:
    """Its lines say the name of before, and mean the same."""
    renamed = [{**PROBE["parameters"][0], "aliases": ["gain"]}]
    probe("return {'y': parameters}", definition={**PROBE, "parameters": renamed})
    assert cell("r = %plugin run probe gain=-6\nr['y']")[0] == {"gain_db": -6.0}

"""Watching as people see it: in a notebook's kernel, in IPython's terminal, and from the shell."""

from __future__ import annotations

import gc
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import schillinger_plugins
from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import InputError, UnknownPlugin
from schillinger_plugins.magics import watching
from schillinger_plugins.magics.watching import View

from .conftest import Save
from .outcomes import Outcomes

DEADLINE_S = 60.0
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def shell(shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """A shell in a terminal, with the extension, in which nothing is watched afterwards."""
    yield shell
    shell.run_line_magic("plugin", "unwatch")


def _run(shell: InteractiveShell, line: str) -> str:
    """What a line of ``%plugin`` returns, as it is shown."""
    return repr(shell.run_line_magic("plugin", line))


def test_in_a_terminal_each_reload_is_told_in_lines(
    shell: InteractiveShell, watched: Instance, save: Save, outcomes: Outcomes, capsys: pytest.CaptureFixture[str]
) -> None:
    """How it went; where it failed the traceback and the difference; until nothing is watched any more."""
    assert _run(shell, "watch probe") == "probe is watched"
    outcomes.be_told_last()
    save(2)
    outcomes.next()
    assert "probe is reloaded: " in capsys.readouterr().out
    save(3, body="if True")
    outcomes.next()
    said = capsys.readouterr().out
    assert "was not reloaded" in said
    assert "SyntaxError" in said
    assert "+        if True" in said
    assert _run(shell, "unwatch") == "probe: watched no more"
    assert _run(shell, "unwatch") == "nothing is watched"
    save(4)
    assert watched.execute()["y"] == 2


def test_a_plugin_that_is_not_loaded_is_loaded_to_be_watched(
    shell: InteractiveShell, manager: PluginManager, save: Save, outcomes: Outcomes, capsys: pytest.CaptureFixture[str]
) -> None:
    """If it can't be, that is told, and it is watched all the same."""
    from schillinger_plugins.loader import inspect

    manager.registry.register(inspect(save(1, body="if True"), source="loaded by path"))
    assert _run(shell, "watch probe") == "probe is watched"
    assert "SyntaxError" in capsys.readouterr().out
    assert outcomes.next().error is not None  # what lies there when the watching begins
    save(1)
    assert outcomes.next().error is None
    assert manager.plugins["probe"].state == "loaded"


def test_a_view_that_is_gone_is_told_no_more(shell: InteractiveShell, manager: PluginManager, save: Save) -> None:
    """Else every session would leave a listener with a manager that outlives it."""
    save(1)
    view = View(shell.meta["schillinger_plugins"][0])
    assert manager.events.wants("executed")
    del view
    gc.collect()
    assert not manager.events.wants("executed")


def test_history_and_rollback(shell: InteractiveShell, watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """What served, as a table; and back, by hash or to the one before."""
    save(2)
    outcomes.next()
    table = _run(shell, "history probe").split("\n")
    assert "its folder had changed" in table[1]
    assert table[1].startswith("serves")
    assert "it was loaded" in table[2]
    assert "went back" in _run(shell, "rollback probe")
    assert watched.execute()["y"] == 1
    newest = table[1].split()[1]
    assert f"→ {newest}" in _run(shell, f"rollback probe {newest}")
    assert watched.execute()["y"] == 2


def test_a_reload_by_hand_tells_what_became_of_the_state(
    shell: InteractiveShell, watched: Instance, save: Save
) -> None:
    """As one that happens by itself does."""
    _run(shell, "unwatch")
    main = save(1) / "main.py"
    main.write_text(main.read_text().replace("kept = None", "kept = 'none'"))
    said = _run(shell, "reload probe")
    assert "is reloaded" in said
    assert f"{watched.id}: of its state, kept was left: it was a int and is a str now" in said


def test_a_line_may_say_the_former_name_of_a_parameter(
    shell: InteractiveShell, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """A notebook that was written before goes on; both names at once are refused."""
    definition = {
        "type": "probe",
        "label": "Probe",
        "outputs": [{"name": "y", "type": "any"}],
        "parameters": [{"name": "gain_db", "type": "number", "aliases": ["gain"]}],
    }
    manager.load(write_plugin(body="return {'y': parameters}", definition=definition))
    assert shell.run_line_magic("plugin", "run probe gain=5")["y"] == {"gain_db": 5}
    with pytest.raises(InputError, match="given twice"):
        shell.run_line_magic("plugin", "run probe gain=5 gain_db=5")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("watch a b", InputError),
        ("watch nothing_like_it", UnknownPlugin),
        ("unwatch nothing_like_it", UnknownPlugin),
        ("history", InputError),
        ("rollback", InputError),
        ("rollback a b c", InputError),
    ],
)
def test_a_slip_is_told_with_the_way_it_is_written(shell: InteractiveShell, line: str, error: type[Exception]) -> None:
    """Or with the nearest name."""
    with pytest.raises(error):
        _run(shell, line)


def test_a_view_that_another_has_followed_says_so(
    shell: InteractiveShell, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """It keeps what it has shown, and is told no more."""
    session = shell.meta["schillinger_plugins"][0]
    former, present = View(session), View(session)
    former.move_on()
    outcomes.be_told_last()
    save(2)
    outcomes.next()
    assert "the cell that began to watch last" in repr(former)
    assert "is reloaded" not in repr(former)
    assert "is reloaded" in repr(present)
    present.close()


def test_a_view_of_what_is_watched_no_more_keeps_what_happened(
    shell: InteractiveShell, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """It says that it is over, of whom, and goes on saying so when others are watched elsewhere."""
    _run(shell, "watch probe")
    view = watching._views[shell.meta["schillinger_plugins"][0]]
    assert repr(view) == "probe is watched"
    _run(shell, "unwatch")
    assert repr(view) == "probe is watched no more"
    _run(shell, "watch")
    view = watching._views[shell.meta["schillinger_plugins"][0]]
    outcomes.be_told_last()
    save(2)
    outcomes.next()
    _run(shell, "unwatch probe")
    assert repr(view).startswith("probe is watched no more; what is loaded from now on is watched\n")
    _run(shell, "unwatch")
    _run(shell, "watch probe")
    said = repr(view).split("\n")
    assert said[0] == "probe is watched no more; until then:"
    assert "probe is reloaded: " in said[1]
    assert "reloaded" in view._repr_html_()


def test_a_view_says_that_it_is_over_when_its_session_ends(shell: InteractiveShell, watched: Instance) -> None:
    """As the extension is unloaded; it is forgotten then."""
    _run(shell, "watch probe")
    session = shell.meta["schillinger_plugins"][0]
    view = watching._views[session]
    watching.end(session)
    assert repr(view) == "probe is watched no more"
    assert session not in watching._views


def test_nothing_a_plugin_says_is_html(
    shell: InteractiveShell, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Neither in its traceback nor in its code, nor in the names of its files."""
    view = View(shell.meta["schillinger_plugins"][0])
    outcomes.be_told_last()
    folder = save(2, body=f"if '{EVIL}'")
    (folder / f"{EVIL[1:7]}&<b>.py").write_text(EVIL)
    outcomes.next()
    html = view._repr_html_()
    view.close()
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<b>" not in html


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BlockingKernelClient, Path]]:
    """A kernel that finds the plugins in the folder beside it."""
    home = tmp_path_factory.mktemp("kernel")
    (home / "plugins").mkdir()
    manager = KernelManager(kernel_name="python3")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
        "SCHILLINGER_PLUGIN_PATH": str(home / "plugins"),
        "XDG_DATA_HOME": str(home / "data"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    manager.start_kernel(env=environment, cwd=str(home))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=DEADLINE_S)
        yield client, home / "plugins"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


def test_in_a_notebook_a_reload_is_shown_where_the_watching_began(
    kernel: tuple[BlockingKernelClient, Path], save: Save
) -> None:
    """Nobody runs a cell meanwhile: the output of the one that watches is drawn anew."""
    client, plugins = kernel
    folder = plugins / "probe"
    save(1).rename(folder)
    client.execute("%load_ext schillinger_plugins\n%plugin load probe", store_history=False)
    request = client.execute("%plugin watch probe", store_history=False)

    def shown(kind: str, text: str) -> dict[str, Any]:
        ends_s = time.monotonic() + DEADLINE_S
        while True:
            message = client.get_iopub_msg(timeout=max(0.0, ends_s - time.monotonic()))
            assert message["msg_type"] != "error", message["content"]
            if message["msg_type"] == kind and text in str(message["content"]["data"]):
                return message

    still = shown("display_data", "probe is watched")["content"]["data"]["text/html"]
    assert "probe: watched from " in still, "what is kept claims nothing of now"
    assert "application/vnd.jupyter.widget-view+json" in shown("display_data", "")["content"]["data"]
    begun = shown("display_data", "Nothing was reloaded yet")
    assert begun["parent_header"]["msg_id"] == request
    main = folder / "main.py"
    code = main.read_text()
    main.write_text(code.replace("{'y': 1}", "{'y': 2}"))
    update = shown("update_display_data", "is reloaded")["content"]
    assert update["transient"] == begun["content"]["transient"]
    assert "<table>" in update["data"]["text/html"]
    main.write_text(code.replace("return", "<b>"))
    update = shown("update_display_data", "was not reloaded")["content"]
    assert "SyntaxError" in update["data"]["text/html"]
    assert "<b>" not in update["data"]["text/html"]
    assert "&lt;b&gt;" in update["data"]["text/html"]


def test_schillinger_dev_tells_each_outcome_until_it_is_interrupted(save: Save) -> None:
    """Loaded, reloaded, what broke; Ctrl-C is no failure."""
    folder = save(1)
    code = "from schillinger_plugins.cli import main; main()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, "dev", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]), "PYTHONUNBUFFERED": "1"},
    )
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            lines.put(line)

    def told(text: str) -> None:
        while text not in lines.get(timeout=DEADLINE_S):
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        told("probe 1.0.0 is loaded")
        told("is watched; Ctrl-C ends it")
        save(2)
        told("probe is reloaded: ")
        save(3, body="if True")
        told("was not reloaded")
        told("SyntaxError")
        told("+        if True")
        child.send_signal(signal.SIGINT)
        told("probe is watched no more")
        assert child.wait(DEADLINE_S) == 0
    finally:
        child.kill()
        child.wait(DEADLINE_S)
        reader.join(DEADLINE_S)
        if child.stdout is not None:
            child.stdout.close()


@pytest.mark.parametrize("folder", ["nothing", "gone"])
def test_schillinger_dev_of_what_is_no_plugin_ends(tmp_path: Path, folder: str) -> None:
    """With the code for bad input: an empty folder, and none at all."""
    (tmp_path / "nothing").mkdir()
    code = "from schillinger_plugins.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "dev", str(tmp_path / folder)],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1])},
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr

"""``%plugin grant | revoke | permissions``, and the question on the spot, in a shell and in real kernels."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import schillinger_plugins
from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError, PermissionDenied, UnknownPlugin
from tests.conftest import Cell

Known = Callable[..., str]

DEADLINE_S = 60.0


def test_nobody_is_asked_where_nobody_can_answer(cell: Cell, known: Known) -> None:
    """A script or a pipe: the run is refused with the line, which says what it needs; with --yes it grants."""
    known()
    _, _, error = cell("%plugin run probe")
    assert isinstance(error, PermissionDenied)
    assert error.remedy == "%plugin grant probe file_access"
    _, _, error = cell(error.remedy)
    assert isinstance(error, InputError)
    assert error.remedy is not None
    assert error.remedy.startswith("write %plugin grant probe file_access --yes")
    shown, said, error = cell("%plugin grant probe file_access --yes")
    assert error is None
    assert "its reason: to read your tones" in said
    assert repr(shown).startswith("granted file_access to probe 1.0.0: read /")
    assert cell("%plugin run probe")[0]["y"] == "ran"


def test_a_grant_names_folders(cell: Cell, known: Known, tmp_path: Path) -> None:
    """Quotes keep blanks together; the options may be repeated."""
    (tmp_path / "two words").mkdir()
    (tmp_path / "out").mkdir()
    known()
    shown, said, error = cell(f"%plugin grant probe --write '{tmp_path}/two words' --write={tmp_path}/out --yes")
    assert error is None
    assert f"write {tmp_path}/two words, {tmp_path}/out" in repr(shown)
    assert "that is more than it asks for" in said


def test_a_number_sign_is_part_of_a_name(cell: Cell, known: Known, tmp_path: Path) -> None:
    """``/data/#1`` is that folder, not ``/data/`` with a comment; after a blank it is a comment."""
    (tmp_path / "data" / "#1").mkdir(parents=True)
    known()
    shown, _, error = cell(f"%plugin grant probe --yes --read {tmp_path}/data/#1 # as it was written")
    assert error is None
    assert repr(shown).endswith(f"read {tmp_path}/data/#1")


def test_a_grant_by_path(cell: Cell, asking: Callable[..., Path]) -> None:
    """The line that a refusal gives for a folder works as it is, with --yes."""
    folder = asking()
    _, _, error = cell(f"%plugin load {folder}")
    assert isinstance(error, PermissionDenied)
    assert cell(f"{error.remedy} --yes")[2] is None
    assert cell(f"%plugin load {folder}")[2] is None


def test_a_grant_applies_from_the_next_load(cell: Cell, known: Known, tmp_path: Path) -> None:
    """And says how, while the plugin is loaded."""
    (tmp_path / "out").mkdir()
    known("return {'y': len(self.context.writable)}")
    cell("%plugin grant probe --yes")
    assert cell("%plugin run probe")[0]["y"] == 0
    shown, _, _ = cell(f"%plugin grant probe file_access --write {tmp_path}/out --yes")
    assert "; %plugin reload probe applies it" in repr(shown)
    assert cell("%plugin run probe")[0]["y"] == 0
    cell("%plugin reload probe")
    assert cell("%plugin run probe")[0]["y"] == 1


def test_revoke_takes_back(cell: Cell, known: Known, manager: PluginManager) -> None:
    """What was granted, at once; a second time there is nothing."""
    known()
    cell("%plugin grant probe --yes")
    cell("%plugin run probe")
    assert "revoked file_access of probe 1.0.0: read /" in repr(cell("%plugin revoke probe")[0])
    assert manager.plugins["probe"].state == "discovered"
    assert isinstance(cell("%plugin run probe")[2], PermissionDenied)
    assert repr(cell("%plugin revoke probe file_access")[0]) == "nothing was granted to probe"
    assert isinstance(cell("%plugin revoke porbe")[2], UnknownPlugin)


def test_permissions_shows_what_is_asked_and_granted(
    cell: Cell, known: Known, asking: Callable[..., Path], music: Path, manager: PluginManager
) -> None:
    """All that ask for something, or one with everything; grants for other code are told apart."""
    known()
    assert "no" in row(cell("%plugin permissions")[0], "probe")
    cell("%plugin grant probe --yes")
    table = cell("%plugin permissions")[0]
    assert f"read {music}" in row(table, "probe")
    assert "gain_node" not in repr(table)
    assert "execute" in repr(cell("%plugin permissions probe")[0])
    asking("return {'y': 'changed'}")
    shown = repr(cell("%plugin permissions probe")[0])
    assert "the code has changed since; %plugin grant probe file_access" in shown
    assert "for version 1.0.0 alone" in shown
    shutil.rmtree(manager.plugins["probe"].root)
    assert "for version 1.0.0 alone" in repr(cell("%plugin permissions probe")[0])
    assert isinstance(cell("%plugin permissions porbe")[2], UnknownPlugin)


def test_info_and_status_show_permissions(cell: Cell, known: Known, music: Path) -> None:
    """What it asks for and why, what it has or how to grant it; status what the running ones may do."""
    known()
    shown = repr(cell("%plugin info probe")[0])
    assert (
        f"file_access: to read your tones; asks for: read {music}; not granted: %plugin grant probe file_access"
        in shown
    )
    cell("%plugin grant probe --yes")
    cell("%plugin run probe")
    shown = repr(cell("%plugin info probe")[0])
    assert "granted on 20" in shown
    assert f"probe may read {music}" in repr(cell("%plugin status")[0])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("grant", "id is missing"),
        ("grant probe file_access more", "too much: 'more'"),
        ("grant probe --raed x", "did you mean --read"),
        ("grant probe --read", "--read needs FOLDER"),
        ("grant probe --read --yes", "--read needs FOLDER"),
        ("grant probe --read 'x", "close the quote"),
        ("grant probe network --yes", "does not ask for network"),
        ("grant probe --host example.org --yes", "does not ask for network"),
        ("grant probe file_access --read ~/.. --yes", "home folder"),
        ("revoke", "id is missing"),
        ("revoke probe files", "did you mean `file_access`"),
        ("permissions a b", "too much: 'b'"),
    ],
)
def test_slips_are_told(cell: Cell, known: Known, line: str, says: str) -> None:
    """With what to write instead."""
    known()
    _, _, error = cell(f"%plugin {line}")
    assert isinstance(error, InputError)
    assert says in str(error)


def test_tab_completes_permissions(shell: InteractiveShell, known: Known) -> None:
    """Those that the plugin asks for; and the options."""
    from schillinger_plugins.magics.completion import complete

    known()
    session = shell.meta["schillinger_plugins"][0]
    assert [text for text, _ in complete(session, "grant probe ")[0]] == ["file_access"]
    assert "probe" in [text for text, _ in complete(session, "revoke p")[0]]
    assert "--write" in [text for text, _ in complete(session, "grant probe file_access --")[0]]


def row(table: Any, first: str) -> str:
    """The row of a table that begins with a word."""
    return next(line for line in repr(table).split("\n") if line.startswith(first))


# Real kernels: what a front-end is asked, and what happens where there is none.

Sent = list[tuple[str, dict[str, Any]]]
Execute = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("kernel")
    (home / "plugins").mkdir()
    return home


def environment(home: Path) -> dict[str, str]:
    """For a kernel that finds the plugins of `home` and keeps its journal there."""
    return {
        **os.environ,
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
        "SCHILLINGER_PLUGIN_PATH": str(home / "plugins"),
        "XDG_DATA_HOME": str(home / "data"),
        "IPYTHONDIR": str(home / "ipython"),
    }


@pytest.fixture(scope="module")
def kernel(home: Path) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment(home), cwd=str(home))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=DEADLINE_S)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


@pytest.fixture
def placed(asking: Callable[..., Path], home: Path) -> Callable[[str], None]:
    """Put a plugin that asks for something where the kernel finds it."""

    def placed(name: str, **options: Any) -> None:
        folder = asking(name=name, **options)
        folder.rename(home / "plugins" / name)

    return placed


@pytest.fixture
def execute(kernel: tuple[KernelManager, BlockingKernelClient]) -> Execute:
    """Run a cell with a front-end that answers what it is asked; the reply, and all that was shown.

    The answer None interrupts the kernel instead.
    """
    manager, client = kernel

    def execute(code: str, *answers: str | None, allow_stdin: bool = True) -> tuple[dict[str, Any], str]:
        message_id = client.execute(code, store_history=False, allow_stdin=allow_stdin)
        pending, shown = list(answers), ""
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            assert time.monotonic() < deadline_s, shown
            if pending and client.stdin_channel.msg_ready():
                shown += client.get_stdin_msg(timeout=DEADLINE_S)["content"]["prompt"]
                answer = pending.pop(0)
                if answer is None:
                    manager.interrupt_kernel()
                else:
                    client.input(answer)
            if not client.iopub_channel.msg_ready():
                client.iopub_channel.socket.poll(10)
                continue
            message = client.get_iopub_msg(timeout=DEADLINE_S)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            shown += content.get("text", "") + str(content.get("data", {}).get("text/plain", ""))
            shown += "\n".join(content.get("traceback", []))
        assert not pending, f"nobody asked: {shown}"
        while True:  # waiting for a slow kernel to be ready may have left replies of its own
            reply = client.get_shell_msg(timeout=DEADLINE_S)
            if reply["parent_header"].get("msg_id") == message_id:
                return reply["content"], shown

    execute("%load_ext schillinger_plugins")
    execute("%plugin list")
    return execute


def test_a_notebook_is_asked_on_the_spot(execute: Execute, placed: Callable[[str], None]) -> None:
    """A run of a plugin that lacks a grant asks, and goes on after a yes; the next run doesn't ask."""
    placed("asked")
    reply, shown = execute("%plugin list")
    reply, shown = execute("r = %plugin run asked\nprint(r['y'])", "y")
    assert reply["status"] == "ok", shown
    assert "Grant file_access to asked? [y/N] " in shown
    assert shown.strip().endswith("ran")
    assert execute("r = %plugin run asked")[0]["status"] == "ok"


@pytest.mark.parametrize(("name", "answer"), [("refused", "n"), ("unanswered", ""), ("interrupted", None)])
def test_a_no_refuses_the_run(execute: Execute, placed: Callable[[str], None], name: str, answer: str | None) -> None:
    """No, an empty line and the stop button: nothing is granted, it says so, and the cell fails with the line."""
    placed(name)
    execute("%plugin list")
    reply, shown = execute(f"%plugin run {name}", answer)
    assert reply["status"] == "error"
    assert reply["ename"] == "PermissionDenied"
    assert "nothing was granted" in shown
    assert f"%plugin grant {name} file_access" in shown
    assert ("interrupted, which means no" in shown) == (answer is None)


@pytest.mark.parametrize("subcommand", ["load", "info", "reload"])
def test_whatever_loads_asks(execute: Execute, placed: Callable[[str], None], home: Path, subcommand: str) -> None:
    """Loading, drawing the node, and reading changed code anew."""
    name = f"by_{subcommand}"
    placed(name)
    execute("%plugin list")
    if subcommand == "reload":
        execute(f"%plugin grant {name} --yes\n%plugin load {name}")
        with (home / "plugins" / name / "main.py").open("a") as file:
            file.write("# changed\n")
    reply, shown = execute(f"%plugin {subcommand} {name}", "y")
    assert reply["status"] == "ok", shown
    assert ("the code has changed since" in shown) == (subcommand == "reload")
    assert execute(f"%plugin run {name}")[0]["status"] == "ok"


def test_a_declined_info_still_tells(execute: Execute, placed: Callable[[str], None]) -> None:
    """Who wants to know what a plugin is need not let it do anything."""
    placed("only_looked_at")
    execute("%plugin list")
    reply, shown = execute("%plugin info only_looked_at", "n")
    assert reply["status"] == "ok"
    assert "not granted: %plugin grant only_looked_at file_access" in shown


def test_a_front_end_without_input_is_not_asked(execute: Execute, placed: Callable[[str], None]) -> None:
    """The same kernel, asked by a client that can't answer, refuses at once."""
    placed("silent")
    execute("%plugin list", allow_stdin=False)
    reply, shown = execute("%plugin run silent", allow_stdin=False)
    assert reply["ename"] == "PermissionDenied"
    assert "%plugin grant silent file_access" in shown
    reply, _ = execute("%plugin grant silent", allow_stdin=False)
    assert reply["ename"] == "InputError"


def test_an_executed_notebook_refuses_and_does_not_hang(placed: Callable[[str], None], home: Path) -> None:
    """nbclient, which nbconvert and papermill run notebooks with: the cell fails with the line that grants."""
    placed("executed")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("%load_ext schillinger_plugins\n%plugin run executed")]
    )
    client = NotebookClient(notebook, timeout=DEADLINE_S, kernel_name="python3")
    with pytest.raises(CellExecutionError, match="PermissionDenied") as caught:
        client.execute(env=environment(home), cwd=str(home))
    assert "%plugin grant executed file_access" in str(caught.value)

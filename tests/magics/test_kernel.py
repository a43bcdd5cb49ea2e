"""``%plugin`` in a real kernel: what a front-end is sent."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import schillinger_plugins

DEADLINE_S = 60.0
PROBE = {
    "type": "probe",
    "label": "Probe",
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [{"name": "wait_s", "type": "number", "default": 0, "min": 0, "max": 600, "unit": "s"}],
}
BODY = """
self.context.progress(0.5, message='waiting <b>')
await asyncio.sleep(parameters['wait_s'])
return {'y': 1 / (parameters['wait_s'] != 0.125)}
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[KernelManager, BlockingKernelClient, Path]]:
    """A kernel that finds the plugins in the folder beside it."""
    home = tmp_path_factory.mktemp("kernel")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
        "SCHILLINGER_PLUGIN_PATH": str(home / "plugins"),
        "XDG_DATA_HOME": str(home / "data"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    (home / "plugins").mkdir()
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment, cwd=str(home))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=DEADLINE_S)
        yield manager, client, home / "plugins"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


def reply_to(client: BlockingKernelClient, message_id: str) -> dict[str, Any]:
    """The reply to one message; waiting for the kernel to be ready may have left others."""
    while True:
        message = client.get_shell_msg(timeout=DEADLINE_S)
        if message["parent_header"].get("msg_id") == message_id:
            content: dict[str, Any] = message["content"]
            return content


Sent = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def execute(
    kernel: tuple[KernelManager, BlockingKernelClient, Path], write_plugin: Callable[..., Path]
) -> Callable[..., tuple[dict[str, Any], Sent]]:
    """Run a cell; the reply, and all that was sent to the front-end meanwhile."""
    manager, client, folder = kernel
    written = write_plugin(body=BODY, definition=PROBE, manifest={"definition": PROBE})
    if not (folder / "probe").exists():
        written.rename(folder / "probe")

    def execute(code: str, *, interrupt_at: str | None = None) -> tuple[dict[str, Any], Sent]:
        message_id = client.execute(code, store_history=False)
        sent: Sent = []
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            message = client.get_iopub_msg(timeout=max(0.0, deadline_s - time.monotonic()))
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            sent.append((kind, content))
            if interrupt_at is not None and interrupt_at in str(content):
                interrupt_at = None
                manager.interrupt_kernel()
        return reply_to(client, message_id), sent

    execute("%load_ext schillinger_plugins")
    return execute


def test_progress_is_shown_in_place_and_taken_away(execute: Callable[..., tuple[dict[str, Any], Sent]]) -> None:
    """A run of a second shows one bar, which is updated and in the end emptied; what a plugin says in it is escaped."""
    reply, sent = execute("r = %plugin run probe wait_s=1")
    assert reply["status"] == "ok"
    shown = [(kind, content) for kind, content in sent if "display_data" in kind]
    assert shown[0][0] == "display_data"
    assert {kind for kind, _ in shown[1:]} == {"update_display_data"}
    assert len({content["transient"]["display_id"] for _, content in shown}) == 1
    assert any("50 %" in content["data"].get("text/html", "") for _, content in shown)
    assert not any("<b>" in content["data"].get("text/html", "") for _, content in shown)
    assert shown[-1][1]["data"] == {"text/plain": ""}


def test_a_failed_run_fails_the_cell(execute: Callable[..., tuple[dict[str, Any], Sent]]) -> None:
    """The reply is an error, so that Run All stops, and its traceback is the plugin's."""
    reply, sent = execute("%plugin run probe wait_s=0.125")
    assert reply["status"] == "error"
    assert reply["ename"] == "PluginExecutionError"
    traceback = "\n".join(next(content for kind, content in sent if kind == "error")["traceback"])
    assert "main.py" in traceback
    assert "ZeroDivisionError" in traceback
    assert "schillinger_plugins/" not in traceback


def test_interrupting_the_kernel_cancels_the_call(execute: Callable[..., tuple[dict[str, Any], Sent]]) -> None:
    """The stop button ends the call with one line; the next run is well."""
    reply, sent = execute("%plugin run probe wait_s=600", interrupt_at="waiting")
    assert reply["status"] == "error"
    assert reply["ename"] == "KeyboardInterrupt"
    (line,) = next(content for kind, content in sent if kind == "error")["traceback"]
    assert line.startswith("cancelled after ")
    assert "ready again" in line
    assert execute("r = %plugin run probe")[0]["status"] == "ok"


def test_info_draws_the_node(execute: Callable[..., tuple[dict[str, Any], Sent]]) -> None:
    """The node as a widget with a table that stands in for it, then the facts and the findings as tables."""
    reply, sent = execute("%plugin info probe wait_s=2")
    assert reply["status"] == "ok"
    shown = [content["data"] for kind, content in sent if kind == "display_data"]
    assert "written by a test" in shown[-2]["text/html"]
    assert "main.py:2" in shown[-1]["text/html"]  # its `import socket`
    assert any("wait_s" in data.get("text/html", "") for data in shown)
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)


def test_tab_reaches_the_front_end_with_types(
    kernel: tuple[KernelManager, BlockingKernelClient, Path], execute: Callable[..., tuple[dict[str, Any], Sent]]
) -> None:
    """JupyterLab is sent the parameters with type, range and unit."""
    client = kernel[1]
    code = "%plugin run probe w"
    content = reply_to(client, client.complete(code, len(code)))
    assert content["matches"] == ["wait_s="]
    assert content["metadata"]["_jupyter_types_experimental"][0]["type"] == "number 0…600 s"

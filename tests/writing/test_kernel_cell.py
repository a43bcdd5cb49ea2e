"""``%%plugin`` in a real kernel: what a front-end is sent."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

import schillinger_plugins

DEADLINE_S = 60.0
CELL = """%%plugin kernel_gain --type effect factor=3
from typing import Annotated, TypedDict

from schillinger_plugins.types import Audio, EffectPlugin, Parameter


class Settings(TypedDict):
    factor: Annotated[float, Parameter(2.0, min=0, max=10)]


class KernelGain(EffectPlugin):
    '''Multiplies.'''

    def process(self, block: Audio, parameters: Settings) -> Audio:
        return Audio(block.samples * parameters["factor"], block.sample_rate)
"""
Execute = Callable[[str], tuple[dict[str, Any], str, list[tuple[str, dict[str, Any]]]]]


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Execute]:
    """Run a cell in a kernel: the reply, all its text, and every message to the front-end."""
    home = tmp_path_factory.mktemp("kernel")
    places = {"XDG_DATA_HOME": home / "data", "IPYTHONDIR": home / "ipython"}
    environment = {
        **os.environ,
        **{name: str(path) for name, path in places.items()},
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
    }
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment, cwd=str(home))
    client = manager.client()
    client.start_channels()

    def execute(code: str) -> tuple[dict[str, Any], str, list[tuple[str, dict[str, Any]]]]:
        message_id = client.execute(code, store_history=False)
        sent: list[tuple[str, dict[str, Any]]] = []
        deadline_s = time.monotonic() + DEADLINE_S
        while True:
            message = client.get_iopub_msg(timeout=max(0.0, deadline_s - time.monotonic()))
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            sent.append((kind, content))
        told = [content.get("text", "") + "\n".join(content.get("traceback", [])) for _, content in sent]
        while True:  # a slow kernel has been asked several times whether it is ready, and answers each
            reply = client.get_shell_msg(timeout=max(0.0, deadline_s - time.monotonic()))
            if reply["parent_header"].get("msg_id") == message_id:
                return reply["content"], re.sub(r"\x1b\[[\d;]*m", "", "\n".join(told)), sent

    try:
        client.wait_for_ready(timeout=DEADLINE_S)
        execute("%load_ext schillinger_plugins")
        yield execute
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


def test_a_cell_shows_its_node_and_its_run(execute: Execute) -> None:
    """One line on what was done, the live node, and below it the result on a made sound."""
    reply, told, sent = execute(CELL)
    assert reply["status"] == "ok", told
    assert "kernel_gain is loaded (" in told
    drawn = [str(content["data"]) for kind, content in sent if kind == "display_data"]
    node = next(n for n, data in enumerate(drawn) if "Node Kernel gain" in data and "widget-view" in data)
    assert any("Result of kernel_gain" in data and "1.000 s, mono" in data for data in drawn[node:])


def test_again_is_a_reload(execute: Execute) -> None:
    """The same cell, changed: the run is the new code's."""
    execute(CELL)
    reply, told, _ = execute(CELL.replace("block.samples *", "-block.samples *"))
    assert reply["status"] == "ok", told
    assert "kernel_gain is reloaded (" in told


def test_a_failure_names_the_cells_line_and_the_old_version_serves(execute: Execute) -> None:
    """The magic's line is the first, as the front-end counts; no path of a file is shown."""
    execute(CELL)
    execute("import numpy as np\nfrom schillinger_plugins import Audio\none = Audio(np.ones((1, 4), np.float32), 8000)")
    reply, told, _ = execute(CELL.replace("import Audio,", "import Oudio,"))
    assert reply["status"] == "error"
    assert "line 4" in told
    assert "main.py" not in told
    reply, told, _ = execute("r = %plugin run kernel_gain audio=one --quiet\nprint(r['audio'].samples[0, 0])")
    assert reply["status"] == "ok", told
    assert "2.0" in told

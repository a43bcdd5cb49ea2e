"""The status and the log in JupyterLab: alive while calls run, and the hand's actions seen in Python."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .plugins import write_plugin

pytestmark = pytest.mark.timeout(120)

SETUP = """
%load_ext schillinger_plugins
import threading
from pathlib import Path
from schillinger_plugins import magics
manager = magics.manager()
busy = manager.create_instance(manager.load(Path({folder!r})).id)
other = manager.create_instance("talker")
halt = threading.Event()
def work():
    while not halt.is_set():
        busy.execute({{"x": 1}})
def fail():
    try:
        other.execute({{"x": "wrong"}})
    except Exception:
        return True
worker = threading.Thread(target=work, daemon=True)
worker.start()
"""
BODY = """
if inputs["x"] == "wrong":
    raise ValueError("no <b>" + "such thing " * 30)
for number in range(3):
    print(f"<img src=x onerror=alert(1)> step {number}")
import logging
logging.getLogger("talker").warning("it clips")
sum(n * n for n in range(200_000))
return {"y": 1}
"""


@pytest.fixture(scope="module")
def shown(
    open_notebook: Callable[..., Any],
    write_notebook: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A notebook that shows both while an instance works."""
    definition = {
        "type": "talker",
        "label": "Talker",
        "inputs": [{"name": "x", "type": "any"}],
        "outputs": [{"name": "y", "type": "any"}],
        "parameters": [],
    }
    folder = write_plugin(
        tmp_path_factory.mktemp("plugins") / "talker",
        "from schillinger_plugins.types import NodePlugin\n\n\nclass Talker(NodePlugin):\n"
        "    async def execute(self, inputs, parameters):\n"
        f"{textwrap.indent(BODY.strip(), ' ' * 8)}\n"
        f"    def get_node_definition(self):\n        return {definition!r}\n",
    )
    cells = (
        SETUP.format(folder=str(folder)).strip(),
        "table = %plugin status\ntable",
        "log = %plugin logs\nlog",
    )
    notebook = open_notebook(write_notebook(*cells))
    notebook.run_all(timeout_s=40)
    notebook.locator(".sch-status-pane").wait_for()
    notebook.locator(".sch-logs-pane").wait_for()
    return notebook


def test_status_and_logs_by_hand(shown: Any) -> None:
    """The table lives, its actions reach Python, the log is filtered while typing, a theme and a restart are survived."""
    names = shown.kernel_value("[busy.id, other.id]")
    busy, other = (shown.locator(f'.sch-status-pane [data-row="instance:{name}"]') for name in names)
    calls = busy.locator('[data-figure="calls"]')
    expect(calls, "calls are counted while they run").to_have_text(re.compile(r"^\d*[1-9]\d*$"), timeout=15_000)
    spark = busy.locator(".sch-spark").first
    points = int(spark.get_attribute("data-points") or 0)
    shown.page.wait_for_function(
        "([id, before]) => document.querySelector(`[data-row='instance:${id}'] .sch-spark`).dataset.points > before + 1",
        arg=[names[0], points],
    )
    expect(busy.locator('[data-figure="rate"]'), "a rate is told").not_to_have_text("0")

    filter_ = shown.locator(".sch-logs-pane").get_by_role("searchbox", name="Filter")
    lines = shown.locator(".sch-logs-pane .sch-line")
    expect(lines.first, "lines come").to_be_visible()
    filter_.press_sequentially("step 2")
    expect(lines.filter(has_text="step 1"), "the filter acts while typing").to_have_count(0)
    expect(lines.first).to_contain_text("<img src=x onerror=alert(1)> step 2")
    expect(shown.locator(".sch-logs-pane img"), "a plugin's text is no HTML").to_have_count(0)
    filter_.fill("")
    shown.locator(".sch-logs-pane").get_by_role("combobox", name="Level").select_option("warning")
    expect(lines.first, "levels are told apart").to_contain_text("it clips")
    shown.locator(".sch-logs-pane").get_by_role("combobox", name="Level").select_option("all")
    shown.locator(".sch-log").evaluate("(box) => { box.scrollTop = 0; }")
    expect(shown.locator(".sch-logs-pane footer"), "it pauses when scrolled up").to_contain_text("paused")
    shown.locator(".sch-logs-pane").get_by_role("button", name="Follow the end").click()
    expect(shown.locator(".sch-logs-pane footer"), "and follows again").not_to_contain_text("paused")

    assert shown.kernel_value("fail()")
    why = other.get_by_role("button", name=f"1 failed, the last error of {names[1]}")
    expect(why, "a failure is counted").to_be_visible()
    width = shown.locator(".sch-status-scroll table").evaluate("(table) => table.clientWidth")
    why.press("Enter")
    told = shown.locator(".sch-status-pane").get_by_text("ValueError: no <b>such thing")
    expect(told, "its error is read below its row").to_be_visible()
    assert shown.locator(".sch-status-scroll table").evaluate("(table) => table.clientWidth") == width
    if pictures := os.environ.get("SCHILLINGER_TEST_PICTURES"):
        shown.locator(".sch-status-pane").screenshot(path=f"{pictures}/status.png")
    why.press("Enter")
    expect(told, "and closes again").to_have_count(0)
    other.get_by_role("button", name=f"Sleep {names[1]}").click()
    shown.wait_for_kernel("other.state == 'resting'")
    expect(other.locator(".sch-badge"), "sleep is seen in the table").to_have_text("resting")
    busy.get_by_role("button", name="Reload talker").click()
    expect(shown.locator(".sch-said"), "reload is told").to_have_text("talker is reloaded", timeout=20_000)
    other.get_by_role("button", name=f"Logs of {names[1]}").press("Enter")
    expect(shown.locator(".sch-tail pre"), "its own lines open by key").to_be_visible()
    other.get_by_role("button", name=f"Destroy {names[1]}").click()
    expect(other.get_by_role("button", name="Keep"), "it asks once more").to_be_focused()
    assert shown.kernel_value("other.id in manager.instances"), "and does nothing before"
    other.get_by_role("button", name="Destroy").click()
    shown.wait_for_kernel("other.id not in manager.instances")
    expect(other, "what is gone leaves the table").to_have_count(0)
    expect(shown.locator(".sch-tail"), "and its lines close").to_have_count(0)

    before = shown.locator(".sch-status-pane").evaluate("(pane) => getComputedStyle(pane).backgroundColor")
    shown.page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    shown.page.wait_for_function(
        "(was) => getComputedStyle(document.querySelector('.sch-status-pane')).backgroundColor !== was", arg=before
    )
    expect(calls, "it lives on in another theme").to_be_visible()

    shown.kernel_value("halt.set()")
    shown.kernel_value("worker.join(10)")
    saved = shown.save()
    shown.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert saved.stat().st_size < 200_000, "a saved notebook stays small"
    assert "<table>" in saved.read_text(), "and has the still table"
    shown.page.evaluate("() => { void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }")
    expect(shown.locator(".sch-status-pane .sch-notice"), "a restart is told").to_contain_text(
        "No news from the kernel", timeout=20_000
    )

"""Notebook 7: the same widgets, in the other page that people use."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import NOTEBOOK

pytestmark = pytest.mark.timeout(120)

CELLS = (
    "node = widgets.node_view(manager, 'gain_node')\nnode",
    "import numpy as np\n"
    "time_s = np.arange(2 * 8000) / 8000\n"
    "view = widgets.explore((np.sin(2 * np.pi * 440 * time_s)[None].astype('float32'), 8000))\nview",
    "from schillinger_plugins import Flow\nflow = Flow(manager, name='study')\n"
    "flow.input('song', type='audio', value=view.selected_audio, id='song', position=(0, 0))\n"
    "flow.add('gain_node', id='gain', position=(320, 0))\nflow",
)


def test_a_node_an_explorer_and_a_canvas_in_notebook(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path]
) -> None:
    """They are drawn in place of their still pictures; what the hand does reaches Python, and Python's answer the page.

    On the canvas nodes are added, wired and run, and an undo is the canvas's own.
    """
    shown = open_notebook(write_notebook(*CELLS), view=NOTEBOOK)
    assert shown.page.evaluate("window.jupyterapp.name") == "Jupyter Notebook"
    shown.run_all()
    card = shown.locator(".sch-card")
    slider = card.get_by_role("slider", name="Gain")
    slider.focus()
    for _ in range(5):
        shown.page.keyboard.press("ArrowLeft")
    shown.wait_for_kernel("node.parameters['gain_db'] == -0.5")
    for key in ("d", "d", "Escape", "j"):
        slider.focus()
        shown.page.keyboard.press(key)
    card.get_by_role("button", name="Run").click()
    expect(card.locator(".sch-status")).to_have_text(re.compile("done in"))
    expect(shown.locator(".schillinger-static")).to_have_count(3)
    for still in shown.locator(".schillinger-static").all():
        expect(still).to_be_hidden()
    stage = shown.locator(".sch-analysis .sch-stage")
    stage.focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("[")
    shown.wait_for_kernel("view.selection is not None and view.selection.start_s > 0")
    shown.kernel_value("setattr(view, 'selection', (0.5, 1.0))")
    expect(shown.locator(".sch-region")).to_be_visible()
    canvas = shown.locator(".sch-flow")
    canvas.scroll_into_view_if_needed()
    expect(canvas.locator(".react-flow__node")).to_have_count(2)
    ports = [
        canvas.locator(f'.react-flow__node[data-id="{node}"] .react-flow__handle.{side}[data-handleid="{port}"]')
        for node, port, side in (("song", "value", "source"), ("gain", "audio", "target"))
    ]
    ports[0].drag_to(ports[1])
    shown.wait_for_kernel("[str(edge) for edge in flow.graph.edges.values()] == ['song.value → gain.audio']")
    for key, edges in (("Control+z", 0), ("Control+y", 1)):
        canvas.focus()
        shown.page.keyboard.press(key)
        shown.wait_for_kernel(f"len(flow.graph.edges) == {edges}")
    canvas.locator(".react-flow__pane").dblclick(position={"x": 60, "y": 20})
    canvas.get_by_role("combobox", name="add a node").fill("gain")
    shown.page.keyboard.press("Enter")
    shown.wait_for_kernel("len(flow.nodes) == 3")
    canvas.focus()
    for key in ("Control+z", "d", "Escape", "r"):
        shown.page.keyboard.press(key)
    expect(canvas.locator(".sch-run-words")).to_contain_text("1 done", timeout=30_000)
    assert shown.kernel_value("flow.last['gain']['audio'].frames") == 2 * 8000
    expect(shown.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(len(CELLS) + 1)

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
)


def test_a_node_and_an_explorer_in_notebook(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path]
) -> None:
    """Both are drawn in place of their still pictures; what the hand does reaches Python, and Python's answer the page."""
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
    expect(shown.locator(".schillinger-static")).to_have_count(2)
    for still in shown.locator(".schillinger-static").all():
        expect(still).to_be_hidden()
    stage = shown.locator(".sch-stage")
    stage.focus()
    shown.page.keyboard.press("ArrowRight")
    shown.page.keyboard.press("[")
    shown.wait_for_kernel("view.selection is not None and view.selection.start_s > 0")
    shown.kernel_value("setattr(view, 'selection', (0.5, 1.0))")
    expect(shown.locator(".sch-region")).to_be_visible()
    expect(shown.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(len(CELLS) + 1)

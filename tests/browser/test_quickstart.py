"""The quickstart as a newcomer meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"

NODES = (
    "[w.{what} for w in __import__('ipywidgets').widgets.widget._instances.values() "
    "if type(w).__name__ == 'NodeWidget']"
)


@pytest.mark.timeout(300)
def test_the_quickstart_runs_draws_and_obeys_the_hand(open_notebook: Callable[..., Any]) -> None:
    """Run all cells: an analysis and a node are seen; a moved slider is in the kernel; Run gives a result."""
    shown = open_notebook(QUICKSTART)
    shown.run_all(timeout_s=180)
    errors = shown.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts()
    assert [
        text for text in errors if text.strip() and "above the maximum 24 dB" not in text
    ] == []  # that one fails on purpose
    shown.locator(".sch-analysis").first.wait_for()
    card = shown.locator(".sch-card").first
    card.wait_for()
    before = shown.kernel_value(NODES.format(what="parameters"))
    slider = card.locator("input[type=range]").first
    slider.focus()
    shown.page.keyboard.press("ArrowLeft")
    shown.wait_for_kernel(f"{NODES.format(what='parameters')} != {before!r}")
    card.get_by_role("button", name="Run").click()
    expect(card.locator(".sch-status")).to_have_text(re.compile("done in"), timeout=60_000)
    assert "done" in shown.kernel_value(NODES.format(what="status"))

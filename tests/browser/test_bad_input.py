"""Bad input as the page sees it: nothing breaks, nothing is lost, and who looks is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .plugins import write_plugin

pytestmark = pytest.mark.timeout(180)

MARKUP = "<img src=x onerror='window.hacked = 1'>"
# The most that a definition may have, with markup wherever text can be.
SETUP = f"""
import json, tempfile
from pathlib import Path
import numpy as np
from schillinger_plugins import Flow, explore
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import PluginError
from schillinger_plugins.widgets import NodeWidget, PanelWidget
markup = {MARKUP!r}
label = (markup + "x" * 200)[:200]
large = {{
    "type": "large",
    "label": label,
    "description": (markup + "long " * 2_000)[:10_000],
    "inputs": [{{"name": f"x{{n}}", "label": label, "type": "number"}} for n in range(64)],
    "outputs": [{{"name": f"y{{n}}", "label": label, "type": "number"}} for n in range(256)],
    "parameters": [
        {{"name": "free", "type": "number"}},
        {{"name": "half", "type": "number", "min": 0}},
        {{"name": "wide", "type": "number", "min": -1e308, "max": 1e308}},
        {{"name": "pick", "label": label, "type": "choice", "options": [label, "other"]}},
    ],
}}
def refused(**changes):
    try:
        NodeDefinition.parse({{"type": "x", "label": "X", **changes}}, plugin_id="x")
    except PluginError as error:
        print("refused:", error)
"""
REFUSED = """
refused(outputs=[{"name": f"y{n}", "type": "number"} for n in range(1000)])
refused(label=markup + "x" * 10_000)
refused(parameters=[{"name": "x", "type": "number", "min": float("nan"), "max": float("inf")}])
"""
CELLS = (
    SETUP.strip(),
    REFUSED.strip(),
    "node = NodeWidget(NodeDefinition.parse(large, plugin_id='large'))\nnode",
    "PanelWidget(NodeDefinition.parse(large, plugin_id='large'))",
    "holes = np.full(8000, np.nan, np.float32)\nexplore((holes[None], 8000))",
    "analysed = manager.default_instance('hollow').execute({})\nexplore(analysed)",
    "flow = Flow(manager, name=markup + 'x' * 10_000)\n"
    "song = flow.input('song', type='audio', value=(np.zeros((1, 0), np.float32), 8000), id='song', position=(0, 0))\n"
    "flow.comment(markup * 300)\nflow.add('gain_node', id='gain', position=(320, 0), label=label)\n"
    "song >> flow['gain']\nflow",
    "file = Path(tempfile.mkdtemp()) / 'study.json'\nflow.save(file)\ntext = file.read_text()\n"
    "newer = json.loads(text)\n"
    "newer['schillinger']['format'] = 99\n"
    "for bad in (text[: len(text) // 2], json.dumps(newer)):\n"
    "    file.write_text(bad)\n    try:\n        Flow.open(file, manager)\n    except PluginError as error:\n"
    "        print('refused:', error)",
)

# Features that have no value at all, over time and over frequency.
HOLLOW = """
import numpy as np
from schillinger_plugins.types import AnalysisPlugin

OVER_TIME = {"type": "array", "sample_type": "one_per_step", "times": "times_s"}


class Hollow(AnalysisPlugin):
    async def execute(self, inputs, parameters):
        holes = np.full((64, 100), np.nan)
        return {"times_s": np.arange(100) / 10, "curve_hz": holes[0], "mel": holes, "tempo_bpm": float("nan")}

    def get_node_definition(self):
        return {
            "type": "hollow",
            "label": "Hollow",
            "outputs": [
                {"name": "times_s", "type": "array", "unit": "s"},
                {"name": "curve_hz", "unit": "Hz", **OVER_TIME},
                {"name": "mel", "unit": "dB", "bin_count": 64, **OVER_TIME},
                {"name": "tempo_bpm", "type": "number", "unit": "BPM"},
            ],
        }
"""

# Wider than its place, by more than a shadow: text that doesn't break, or a table that nobody can scroll.
OVERFLOWING = """() => [...document.querySelectorAll('.jp-OutputArea-output:has(.sch)')]
  .filter((box) => box.scrollWidth > box.clientWidth + 16).map((box) => box.querySelector('.sch').className)"""


@pytest.fixture(scope="module")
def shown(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A notebook with all of it, run."""
    folder = tmp_path_factory.mktemp("plugins")
    write_plugin(folder / "hollow", HOLLOW, plugin_type="ANALYSIS")
    page = open_notebook(write_notebook(*CELLS, paths=(folder,)))
    page.page.set_viewport_size({"width": 900, "height": 9_000})
    page.run_all()
    return page


def test_what_breaks_a_rule_is_refused_with_the_rule(shown: Any) -> None:
    """A thousand ports, ten kilobytes of label, a range from NaN to infinity; a flow's file cut short, and a newer one."""
    outputs = shown.locator(".jp-OutputArea-output pre").filter(has_text="refused:")
    expect(outputs.first).to_contain_text("should have at most 256 items")
    expect(outputs.first).to_contain_text("should have at most 200 characters")
    expect(outputs.first).to_contain_text("is no JSON number")
    expect(outputs.last).to_contain_text("cut short")
    expect(outputs.last).to_contain_text("it is of format 99, and this version reads formats up to")


def test_what_is_within_the_rules_is_drawn_and_stays_text(shown: Any) -> None:
    """Hundreds of ports are folded, markup is written out, no text makes anything wider than its cell."""
    card, board = shown.locator(".sch-card"), shown.locator(".sch-board")
    expect(card.get_by_role("button", name="244 more outputs")).to_be_visible()
    card.get_by_role("button", name="244 more outputs").click()
    expect(card.get_by_role("list", name="outputs").get_by_role("listitem")).to_have_count(257)
    expect(card.get_by_role("slider"), "no slider without a finite range").to_have_count(0)
    entry = card.get_by_role("textbox", name="free")
    for number in ("Infinity", "nan", "1e999"):
        entry.fill(number)
        entry.press("Enter")
        expect(card.locator('[data-parameter="free"] .sch-note'), number).not_to_be_empty()
    assert shown.kernel_value("node.parameters['free']") == 0
    for widget in (card, board, shown.locator(".sch-flow")):
        expect(widget.get_by_text("onerror='window.hacked = 1'").first).to_be_visible()
        expect(widget.locator("img[src=x]")).to_have_count(0)
    assert shown.page.evaluate("window.hacked") is None
    assert shown.page.evaluate(OVERFLOWING) == []


def test_sounds_and_features_of_nothing_are_drawn_and_run(shown: Any) -> None:
    """All NaN has its lanes, and can be looked at; a flow runs with a sound of no length, or says why not at the node."""
    views = shown.locator(".sch-analysis")
    expect(views).to_have_count(2)
    for view in views.all():
        expect(view.locator(".sch-lane").first).to_be_visible()
        view.locator(".sch-stage").focus()
        shown.page.keyboard.press("+")
        expect(view.locator(".sch-figures, .sch-lane").first).not_to_contain_text("NaN")
    canvas = shown.locator(".sch-flow")
    canvas.get_by_role("button", name="Run", exact=True).click()
    expect(canvas.locator(".sch-run-words")).to_contain_text("1 done", timeout=30_000)

"""Every widget in JupyterLab, in both themes, by axe-core: WCAG 2.2 A and AA, contrast as the browser paints it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .plugins import write_plugin

pytestmark = pytest.mark.timeout(180)

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
PARAMETERS = [
    {"name": "gain_db", "label": "Gain", "type": "number", "min": -96, "max": 24, "unit": "dB"},
    {"name": "mode", "label": "Mode", "type": "choice", "options": ["warm", "cold"]},
    {"name": "invert", "label": "Invert", "type": "boolean"},
    {"name": "title", "label": "Title", "type": "string"},
    {"name": "curve", "label": "Curve", "type": "breakpoints", "min": -60, "max": 0},
    {"name": "mute", "label": "Mute", "type": "channels"},
]
DEFINITION = {
    "type": "talker",
    "label": "Talker",
    "description": "Says something at every level, and fails when it is told to.",
    "inputs": [
        {"name": "audio", "type": "audio", "tooltip": "what is heard"},
        {"name": "midi", "type": "midi", "required": False},
    ],
    "outputs": [{"name": "peak", "type": "number", "unit": "dB"}, {"name": "key", "type": "string"}],
    "parameters": PARAMETERS,
}
MAIN = f"""
import logging
from schillinger_plugins.types import NodePlugin


class Talker(NodePlugin):
    async def execute(self, inputs, parameters):
        log = logging.getLogger("talker")
        log.setLevel(logging.DEBUG)
        print("a line")
        for say in (log.debug, log.info, log.warning, log.error):
            say("it speaks")
        if parameters["invert"]:
            raise ValueError("it was told to fail")
        return {{"peak": -3.0, "key": "A minor"}}

    def get_node_definition(self):
        return {DEFINITION!r}
"""
CELLS = (
    "from schillinger_plugins.widgets.status import StatusWidget\n"
    "from schillinger_plugins.widgets.logs import LogsWidget\n"
    "well = widgets.node_view(manager, 'talker')\nwell.run()\nwell.wait()\nwell",
    "ill = widgets.node_view(manager, 'talker', parameters={'invert': True})\nill.run()\nill.wait()\nill",
    "rhythm = manager.default_instance('resultant_rhythm').execute({}, {'repeats': 2})\n"
    "view = widgets.explore(manager.default_instance('audio_analyzer').execute({'audio': rhythm['audio']}))\n"
    "view.selection = 1.0, 2.0\nview",
    "desk = widgets.panel_view(manager, 'tuning_desk')\ndesk.press('play_chord')\ndesk.wait()\ndesk",
    "from schillinger_plugins import Flow\nflow = Flow(manager, name='study')\n"
    "flow.input('song', type='audio') >> flow.add('gain_node', gain_db=-6) >> flow.add('audio_analyzer')\nflow",
    "StatusWidget(manager)",
    "LogsWidget(manager)",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# JupyterLab's body has no height and hides what is beyond it; axe-core takes it at its word, and would judge no text. Nor
# would it look through layers without a background, as the eye does.
JUDGEABLE = """
body { height: 100vh }
.react-flow__edges, .react-flow__edgelabel-renderer, .react-flow__viewport-portal, .sch-over { display: none }
"""

# Colours that are on their way to the new theme would be judged.
SETTLED = "() => document.getAnimations().every((one) => one.effect.getComputedTiming().endTime === Infinity)"

# How large a thing on the canvas is depends on how near the hand has drawn it.
JUDGE = """async (rules) => {
  const isZoomed = (id, target) =>
    id === 'target-size' && document.querySelector(target[0])?.closest('.sch-flow .react-flow__viewport');
  const found = await axe.run([...document.querySelectorAll('.sch')], { runOnly: rules });
  return {
    violations: found.violations.flatMap(({ id, nodes }) =>
      nodes.filter(({ target }) => !isZoomed(id, target)).map(({ target, html, any }) =>
        `${id} at ${target}: ${any[0]?.message ?? ''} ${html.slice(0, 200)}`)),
    contrasts: found.passes.find(({ id }) => id === 'color-contrast')?.nodes.length ?? 0,
  };
}"""


@pytest.fixture(scope="module")
def shown(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A notebook with every widget, all of it in sight: what is scrolled away has no colour to judge."""
    folder = write_plugin(tmp_path_factory.mktemp("plugins") / "talker", MAIN)
    shown = open_notebook(write_notebook(*CELLS, paths=(folder.parent,)))
    shown.page.set_viewport_size({"width": 1280, "height": 7000})
    shown.run_all()
    shown.page.add_script_tag(path=AXE)
    shown.page.add_style_tag(content=JUDGEABLE)
    return shown


def test_axe_finds_nothing_wrong_in_either_theme(shown: Any) -> None:
    """Node, failed node, explorer, panel, canvas, status and log, with the light theme, then with the dark one."""
    expect(shown.locator(".sch")).to_have_count(len(CELLS))
    expect(shown.locator(".sch-card .sch-failure")).to_be_visible()
    expect(shown.locator(".sch-analysis canvas").first).to_be_visible()
    expect(shown.locator(".sch-flow .react-flow__node")).to_have_count(3)
    expect(shown.locator(".sch-status-pane [data-row]").first).to_be_visible()
    expect(shown.locator(".sch-log-frame .sch-line").first).to_be_visible()
    found: dict[str, list[str]] = {}
    contrasts = []
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        shown.page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        shown.page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
        shown.page.wait_for_function(SETTLED)
        judged = shown.page.evaluate(JUDGE, RULES)
        found[theme] = judged["violations"]
        contrasts.append(judged["contrasts"])
    assert found == {"JupyterLab Light": [], "JupyterLab Dark": []}
    assert min(contrasts) > 250, "most of the text was not judged"

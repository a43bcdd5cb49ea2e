"""What every widget goes through: two views of one, another theme, a page loaded again, and the end of its kernel."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, expect

from .plugins import write_plugin

pytestmark = pytest.mark.timeout(240)

SETUP = """
%load_ext schillinger_plugins
import numpy as np
from pathlib import Path
from schillinger_plugins import Flow, compare, explore, magics
from schillinger_plugins.widgets.logs import LogsWidget
from schillinger_plugins.widgets.status import StatusWidget
manager = magics.manager()
_ = manager.load(Path({folder!r}))
rate = 8000
tone = np.sin(np.arange(2 * rate) * 0.3).astype(np.float32)[None], rate
"""
# What a widget is made of, and the root of its views. Each is shown by two cells; the watch view is where it was begun.
WIDGETS = {
    "node": ("node = widgets.node_view(manager, 'gain_node')\nnode", ".sch-card"),
    "panel": ("desk = widgets.panel_view(manager, 'tuning_desk')\ndesk", ".sch-board"),
    "explorer": ("view = explore(tone)\nview", ".sch-analysis"),
    "compare": ("both = compare(A=tone, B=(tone[0] * 0.5, rate))\nboth", ".sch-analysis"),
    "flow": (
        "flow = Flow(manager, name='study')\n"
        "song = flow.input('song', type='audio', value=tone, id='song', position=(0, 0))\nflow",
        ".sch-flow",
    ),
    "status": ("table = StatusWidget(manager)\ntable", ".sch-status-pane"),
    "logs": ("log = LogsWidget(manager)\nlog", ".sch-logs-pane"),
}
PAPERS = ".sch-card, .sch-board, .sch-analysis, .sch-flow, .sch-status-pane, .sch-logs-pane"
OF_A_RESTART = ("widget model not found", "Comm not found", "Canceled future")
# The same machine by another name, from the page, from a worker, by a socket; what comes of it doesn't matter.
ASK_ANOTHER = """async (url) => {
  const script = document.createElement('script');
  script.src = `${url}/script`;
  await new Promise((done) => { script.onerror = script.onload = done; document.head.append(script); });
  const code = `fetch('${url}/worker', { mode: 'no-cors' }).catch(() => {}).then(() => postMessage(0))`;
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  await new Promise((done) => { worker.onmessage = done; });
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`);
  await new Promise((done) => { socket.onerror = socket.onclose = done; });
}"""
TALKER = """
print("<img src=x onerror='window.hacked = 1'>")
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><path d="M0 25h200" stroke="teal"/></svg>'
return {"y": 1, "drawn": Figure.svg(svg, alt="a line")}
"""


class Lives:
    """A notebook with every widget twice, run."""

    def __init__(self, shown: Any, folder: Path) -> None:
        self.shown, self.page, self.folder = shown, shown.page, folder

    def views(self, name: str, *, of: Any = None) -> list[Locator]:
        """The two views of one widget."""
        place = list(WIDGETS).index(name)
        cells = (of or self.shown).locator(".jp-CodeCell")
        root = WIDGETS[name][1]
        return [cells.nth(2 + 2 * place + again).locator(root).first for again in (0, 1)]

    def watched(self, *, of: Any = None) -> Locator:
        """The line of what is watched, or what is left of it, and the reloads below it."""
        cells: Locator = (of or self.shown).locator(".jp-CodeCell")
        return cells.nth(2 + 2 * len(WIDGETS)).locator(".jp-OutputArea").first

    def python(self, code: str) -> None:
        self.shown.kernel_value(f"exec({code!r}, globals())")

    def papers(self) -> list[str]:
        found: list[str] = self.page.evaluate(
            "(papers) => [...document.querySelectorAll(papers)].map((one) => getComputedStyle(one).backgroundColor)",
            PAPERS,
        )
        return found

    def see_what_python_did(self) -> None:
        """In both views of each, what `CHANGES` set."""
        for node in self.views("node"):
            expect(node.get_by_role("textbox", name="Gain")).to_have_value("−3", timeout=60_000)
        for panel in self.views("panel"):
            expect(panel.get_by_role("textbox", name="Tempo")).to_have_value("90")
        for name in ("explorer", "compare"):
            for view in self.views(name):
                expect(view.locator(".sch-region"), name).to_be_visible()
        for canvas in self.views("flow"):
            expect(canvas.locator(".react-flow__node")).to_have_count(2)
            expect(canvas.locator(".sch-run-words")).to_contain_text("1 done", timeout=40_000)
        for table in self.views("status"):
            expect(table.locator('[data-row^="instance:talker"] [data-figure="calls"]').first).to_have_text("1")
        for log in self.views("logs"):
            expect(log.locator(".sch-line").filter(has_text="<img src=x onerror").first).to_be_visible()


CHANGES = """
node.parameters = {"gain_db": -3}
desk.parameters = {**desk.parameters, "tempo_bpm": 90}
view.selection = both.selection = 0.5, 1.0
manager.default_instance("talker").execute({})
flow.add("talker", id="talker", position=(320, 0))
flow.start()
"""


@pytest.fixture(scope="module")
def lives(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Lives:
    """Every widget in two cells, and the view of what is watched."""
    folder = tmp_path_factory.mktemp("plugins") / "talker"
    write_talker(folder, TALKER)
    cells = [SETUP.format(folder=str(folder)).strip()]
    for code, _ in WIDGETS.values():
        cells += [code, code.rpartition("\n")[2]]
    shown = open_notebook(write_notebook(*cells, "%plugin watch talker"))
    shown.page.set_viewport_size({"width": 1280, "height": 12_000})
    shown.run_all()
    return Lives(shown, folder)


def write_talker(folder: Path, body: str) -> None:
    """A plugin that prints, written or written anew."""
    write_plugin(
        folder,
        "from schillinger_plugins.types import Figure, NodePlugin\n\n\nclass Talker(NodePlugin):\n"
        f"    async def execute(self, inputs, parameters):\n{textwrap.indent(body.strip(), ' ' * 8)}\n\n"
        "    def get_node_definition(self):\n"
        "        outputs = [{'name': 'y', 'type': 'any'}, {'name': 'drawn', 'type': 'figure'}]\n"
        "        return {'type': 'talker', 'label': 'Talker', 'outputs': outputs}\n",
    )


def test_two_views_of_one_show_the_same(lives: Lives) -> None:
    """What Python does is in both, what the hand does in one is in the other; markup of a plugin is text in all."""
    for name in WIDGETS:
        for view in lives.views(name):
            expect(view, name).to_be_visible()
    lives.python(CHANGES)
    lives.see_what_python_did()
    one, other = lives.views("node")
    one.get_by_role("slider", name="Gain").focus()
    lives.page.keyboard.press("ArrowLeft")
    expect(other.get_by_role("textbox", name="Gain")).to_have_value("−3.1")
    lives.python("node.parameters = {'gain_db': -3}")
    one, other = lives.views("panel")
    one.get_by_role("combobox", name="Chord").select_option("minor")
    expect(other.get_by_role("combobox", name="Chord")).to_have_value("minor")
    one, other = lives.views("explorer")
    one.locator(".sch-stage").focus()
    lives.page.keyboard.press("l")
    expect(other.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    one, other = lives.views("flow")
    one.locator(".react-flow__node").last.get_by_role("button", name="Result").click()
    drawing = one.get_by_role("img", name="a line")
    expect(drawing, "the plugin's own drawing").to_be_visible()
    lives.page.wait_for_function("(img) => img.naturalWidth === 200", arg=drawing.element_handle())
    expect(other.locator(".sch-result"), "what is open is a view's own").to_have_count(0)
    assert lives.page.evaluate("window.hacked") is None


def test_nobody_but_the_lab_is_asked_for_anything(lives: Lives) -> None:
    """A node, a canvas and an explorer are drawn and used: no network, no CDN. That would be noticed, by any means."""
    node, explorer, flow = (lives.views(name)[1] for name in ("node", "explorer", "flow"))
    node.get_by_role("button", name="Run").click()
    expect(node.locator(".sch-status")).to_have_text(re.compile("done in"))
    explorer.get_by_role("button", name="Play").click()
    explorer.get_by_role("combobox", name="colours").select_option("viridis")
    explorer.locator(".sch-chips .sch-chip[aria-pressed='false']").first.click()
    for key in ("+", "Shift+ArrowRight", " "):
        explorer.locator(".sch-stage").press(key)
    flow.locator(".react-flow__pane").dblclick(position={"x": 60, "y": 20})
    flow.get_by_role("combobox", name="add a node").fill("gain")
    lives.page.keyboard.press("Enter")
    expect(flow.locator(".react-flow__node")).to_have_count(3)
    flow.press("Control+z")
    expect(flow.locator(".react-flow__node")).to_have_count(2)
    assert lives.shown.foreign == []
    other = lives.shown.lab.url.replace("127.0.0.1", "localhost")
    lives.page.evaluate(ASK_ANOTHER, other)
    assert {urlsplit(url).path for url in lives.shown.foreign} == {"/script", "/worker", "/socket"}
    lives.shown.foreign.clear()
    lives.shown.problems.clear()


def test_a_reload_is_seen_where_it_is_watched(lives: Lives) -> None:
    """The row, and what has changed, as text."""
    seen = lives.watched()
    expect(seen.get_by_role("status")).to_have_text("talker is watched")
    expect(seen.locator(".schillinger-static")).to_be_hidden()
    write_talker(lives.folder, "return {'y': '<img src=x onerror=window.hacked=1>', 'drawn': None}")
    expect(seen).to_contain_text("What has changed since")
    expect(seen).to_contain_text("<img src=x onerror=window.hacked=1>")
    expect(seen.locator("img")).to_have_count(0)


def test_all_follow_the_theme_at_once(lives: Lives) -> None:
    """Every one has another paper, and its own again."""
    light = lives.papers()
    assert len(light) == 2 * len(WIDGETS)
    for theme, is_light in (("JupyterLab Dark", "false"), ("JupyterLab Light", "true")):
        lives.page.evaluate("(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        lives.page.wait_for_function("(is) => document.body.dataset.jpThemeLight === is", arg=is_light)
        lives.page.wait_for_function("() => document.getAnimations().every((one) => one.playState !== 'running')")
        papers = lives.papers()
        if is_light == "true":
            assert papers == light
        else:
            assert all(dark != paper for dark, paper in zip(papers, light, strict=True))
            assert max(sum(map(int, re.findall(r"\d+", paper)[:3])) for paper in papers) < 3 * 80


def test_a_page_that_is_loaded_again_has_all_of_it(lives: Lives) -> None:
    """From the kernel that went on, in every view."""
    lives.shown.save()
    lives.page.reload()
    lives.see_what_python_did()
    for name in WIDGETS:
        for view in lives.views(name):
            expect(view, name).to_be_visible()
    expect(lives.watched()).to_contain_text("What has changed since")
    expect(lives.watched().get_by_role("status")).to_have_text("talker is watched")


def test_a_kernel_that_ends_is_told_and_leaves_pictures(lives: Lives, open_notebook: Callable[..., Any]) -> None:
    """What is drawn stays, and each says that nobody answers; opened again, the still pictures are there, no error is."""
    saved = lives.shown.save()
    lives.page.evaluate("() => { void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }")
    for name in ("node", "panel", "flow"):
        for view in lives.views(name):
            expect(view.get_by_role("alert"), name).to_contain_text("The kernel is gone", timeout=20_000)
    for node in lives.views("node"):
        expect(node.get_by_role("button", name="Run")).to_be_disabled()
        expect(node.get_by_role("textbox", name="Gain")).to_have_value("−3")
    expect(lives.watched().get_by_role("status")).to_contain_text("Nobody watches any more")
    for name in ("explorer", "compare"):
        for view in lives.views(name):
            view.locator(".sch-stage").focus()
            for _ in range(4):
                lives.page.keyboard.press("+")
    for name in ("status", "logs"):
        for view in lives.views(name):
            expect(view.locator(".sch-notice"), name).to_contain_text("No news from the kernel", timeout=20_000)
    for name in ("explorer", "compare"):
        for view in lives.views(name):
            expect(view.locator(".sch-notice"), name).to_contain_text("Python is busy or gone", timeout=20_000)
    lives.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert saved.stat().st_size / (2 * len(WIDGETS)) < 200_000, "far below a megabyte for each view"
    again = open_notebook(saved)
    again.page.set_viewport_size({"width": 1280, "height": 12_000})
    stills = again.locator(".schillinger-static")
    expect(stills).to_have_count(2 * len(WIDGETS) + 1, timeout=20_000)
    for still in stills.all():
        expect(still).to_be_visible()
    expect(again.page.get_by_text("Error displaying widget").filter(visible=True)).to_have_count(0)
    expect(lives.watched(of=again)).to_contain_text("What has changed since")
    expect(lives.watched(of=again)).to_contain_text("until that kernel ended at the latest")
    expect(lives.watched(of=again)).not_to_contain_text("talker is watched")
    for page in (lives.shown, again):
        page.problems[:] = [problem for problem in page.problems if not any(word in problem for word in OF_A_RESTART)]

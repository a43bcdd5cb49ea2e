"""The canvas of a flow in JupyterLab: what the hand draws is Python's, and the other way round."""

from __future__ import annotations

import itertools
import json
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .plugins import BARS, COLOURS, write_plugin

pytestmark = pytest.mark.timeout(180)

STUDY = """
import numpy as np
from schillinger_plugins import Flow
from schillinger_plugins.flow import FlowEvent
sound = np.sin(np.arange(8000) * 0.3).astype(np.float32), 8000
flow = Flow(manager, name="study", seed=1)
flow
"""
BIG = """
big = Flow(manager, name="big", seed=1)
before = source = big.input("song", type="audio", value=sound)
for number in range(199):
    after = big.add("gain_node", gain_db=-1)
    (source if number % 10 == 0 else before) >> after
    before = after
big
"""
FIRST = """
song = flow.input("song", type="audio", value=sound, id="song", position=(0, 0))
song >> flow.add("gain_node", id="a", position=(320, 0)) >> flow.add("gain_node", id="b", position=(640, 0))
"""
MAIN = """
import asyncio
from schillinger_plugins.types import NodePlugin


class {name}(NodePlugin):
    async def execute(self, inputs, parameters):
{body}

    def get_node_definition(self):
        ports = [{{"name": "{port}", "type": "audio"}}]
        return {{"type": "{name}", "label": "{name}", "inputs": ports, "outputs": [{{"name": "y", "type": "number"}}]}}
"""
# What JupyterLab itself says of models whose kernel is gone.
OF_A_RESTART = ("widget model not found", "Comm not found", "Canceled future")
# The canvas doesn't move any more.
SETTLED = """async (viewport) => {
  const before = viewport.style.transform;
  for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
  return viewport.style.transform === before;
}"""
SLOW = """
self.context.progress(0.25, message="a quarter")
await asyncio.sleep(600)
"""


def write_node(folder: Path, name: str, *, body: str, port: str = "audio") -> None:
    """Write a plugin that takes a sound and gives a number."""
    write_plugin(folder / name, MAIN.format(name=name, body=textwrap.indent(body.strip(), " " * 8), port=port))


class Study:
    """The notebook, and the first canvas in it."""

    def __init__(self, shown: Any, folder: Path) -> None:
        self.shown, self.folder = shown, folder
        self.page = shown.page
        self.canvas: Locator = shown.locator(".sch-flow").first

    def python(self, code: str) -> None:
        """Run it as a cell would."""
        self.shown.kernel_value(f"exec({code!r}, globals())")

    def node(self, name: str) -> Locator:
        return self.canvas.locator(f'.react-flow__node[data-id="{name}"]')

    def state(self, name: str) -> Locator:
        return self.node(name).locator("header .sch-state")

    def press(self, key: str) -> None:
        """With the canvas in focus."""
        self.canvas.focus()
        self.page.keyboard.press(key)

    def add(self, words: str, x: float, y: float) -> None:
        """By double click and search."""
        self.canvas.locator(".react-flow__pane").dblclick(position={"x": x, "y": y})
        self.canvas.get_by_role("combobox", name="add a node").fill(words)
        self.page.keyboard.press("Enter")

    def drag(self, start: Locator, end: Locator | tuple[float, float], *, drop: bool = True) -> None:
        mouse = self.page.mouse
        x, y = _middle(start)
        mouse.move(x, y)
        mouse.down()
        there = (x + end[0], y + end[1]) if isinstance(end, tuple) else _middle(end)
        mouse.move((x + there[0]) / 2, (y + there[1]) / 2)
        mouse.move(*there)
        mouse.move(*there)
        if drop:
            mouse.up()

    def port(self, name: str, port: str, side: str) -> Locator:
        return self.node(name).locator(f'.react-flow__handle.{side}[data-handleid="{port}"]')


def _middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture(scope="module")
def notebook(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Study:
    """A notebook with two views of one flow and a flow of two hundred nodes, run."""
    folder = tmp_path_factory.mktemp("plugins")
    write_node(folder, "Slow", body=SLOW)
    write_node(folder, "Broken", body="raise ValueError('<img src=x onerror=alert(1)>')")
    write_node(folder, "Moody", body="return {'y': 1}")
    write_plugin(folder / "Bars", BARS, plugin_type="VISUALIZATION")
    shown = open_notebook(write_notebook(STUDY, "flow", BIG, paths=(folder,)))
    shown.run_all()
    shown.locator(".sch-flow").nth(1).wait_for()
    return Study(shown, folder)


@pytest.fixture
def study(notebook: Study) -> Iterator[Study]:
    """The same, its flow empty."""
    notebook.python("flow.cancel()\nfor name in list(flow.nodes):\n    flow.remove(name)")
    notebook.canvas.scroll_into_view_if_needed()
    expect(notebook.canvas.locator(".react-flow__node")).to_have_count(0)
    yield notebook
    notebook.page.keyboard.press("Escape")


def test_a_flow_is_drawn_by_hand(study: Study) -> None:
    """Nodes are added by search, dragged, wired and set; each step is Python's at once, and can be undone."""
    study.add("audio input", 80, 120)
    study.add("gain", 330, 60)
    study.shown.wait_for_kernel("sorted(flow.nodes) == ['audio', 'gain_node']")
    before = study.shown.kernel_value("flow['gain_node'].position")
    study.drag(study.node("gain_node").locator("header h3"), (80, 24))
    study.shown.wait_for_kernel(f"flow['gain_node'].position[0] > {before[0]} + 30")
    study.drag(study.port("audio", "value", "source"), study.port("gain_node", "audio", "target"))
    study.shown.wait_for_kernel(
        "[str(edge) for edge in flow.graph.edges.values()] == ['audio.value → gain_node.audio']"
    )
    gain = study.node("gain_node").get_by_role("textbox", name="Gain")
    gain.fill("-12")
    gain.press("Enter")
    study.shown.wait_for_kernel("flow['gain_node'].parameters == {'gain_db': -12}")
    study.press("Control+z")
    study.shown.wait_for_kernel("flow['gain_node'].parameters == {}")
    study.press("Control+z")
    study.shown.wait_for_kernel("len(flow.graph.edges) == 0")
    study.press("Control+y")
    study.press("Control+y")
    study.shown.wait_for_kernel("flow['gain_node'].parameters == {'gain_db': -12} and len(flow.graph.edges) == 1")
    expect(study.shown.locator(".sch-flow").nth(1).locator(".react-flow__node"), "the other view").to_have_count(2)


def test_what_the_palette_adds_lies_beside_what_is_there(study: Study) -> None:
    """However often it is clicked and whatever stands there: no node lies over another, and the last one is seen."""
    study.python("flow.add('audio_analyzer', id='there', position=(200, 100))")
    expect(study.node("there")).to_be_visible()
    study.press("p")
    palette = study.canvas.get_by_role("complementary", name="palette")
    for label in ("Gain", "Comment", "Resultant rhythm", "Gain", "Audio input"):
        palette.get_by_role("searchbox").fill(label)
        palette.locator(".sch-offer").first.click()
    study.press("p")
    nodes = study.canvas.locator(".react-flow__node")
    expect(nodes).to_have_count(6)
    study.page.wait_for_function(SETTLED, arg=study.canvas.locator(".react-flow__viewport").element_handle())
    boxes = [box for node in nodes.all() if (box := node.bounding_box())]
    assert len(boxes) == 6
    for one, other in itertools.combinations(boxes, 2):
        apart = max(
            max(one[at], other[at]) - min(one[at] + one[size], other[at] + other[size])
            for at, size in (("x", "width"), ("y", "height"))
        )
        assert apart > 0, (one, other)
    frame = study.canvas.locator(".sch-canvas").bounding_box()
    assert frame
    assert boxes[-1]["y"] + boxes[-1]["height"] < frame["y"] + frame["height"]
    if pictures := os.environ.get("SCHILLINGER_TEST_PICTURES"):
        study.canvas.screenshot(path=f"{pictures}/palette.png")


def test_several_nodes_are_chosen_copied_and_framed(study: Study) -> None:
    """By Shift and a click, and by a box; through the clipboard; the wheel alone is the page's, with Ctrl it zooms."""
    study.python(FIRST)
    study.press("f")
    study.node("a").locator("header h3").click()
    study.page.keyboard.down("Shift")
    expect(study.canvas.locator(".react-flow__pane"), "React Flow has heard of the key").to_have_class(
        re.compile("selection")
    )
    study.node("b").locator("header h3").click()
    study.page.keyboard.up("Shift")
    bar = study.canvas.get_by_role("toolbar", name="2 selected")
    expect(bar).to_be_visible()
    study.page.keyboard.press("Control+c")
    study.page.keyboard.press("Control+v")
    study.shown.wait_for_kernel("sorted(flow.nodes) == ['a', 'a_2', 'b', 'b_2', 'song'] and len(flow.graph.edges) == 3")
    study.press("Escape")
    expect(bar).to_be_hidden()
    study.press("f")
    pane = study.canvas.locator(".react-flow__pane").bounding_box()
    assert pane
    study.page.keyboard.down("Shift")
    expect(study.canvas.locator(".react-flow__pane")).to_have_class(re.compile("selection"))
    study.page.mouse.move(pane["x"] + 2, pane["y"] + 2)
    study.page.mouse.down()
    study.page.mouse.move(pane["x"] + pane["width"] - 4, pane["y"] + pane["height"] - 4, steps=4)
    study.page.mouse.up()
    study.page.keyboard.up("Shift")
    expect(study.canvas.get_by_role("toolbar", name="5 selected")).to_be_visible()
    study.press("Control+g")
    study.shown.wait_for_kernel("len([n for n in flow.graph.nodes.values() if n.raw.get('parentId')]) == 5")
    study.press("m")
    expect(study.canvas.locator(".react-flow__minimap")).to_be_visible()
    study.press("m")
    viewport = study.canvas.locator(".react-flow__viewport")
    before = viewport.get_attribute("style") or ""
    study.canvas.locator(".react-flow__pane").hover(position={"x": 30, "y": 30})
    study.page.mouse.wheel(0, -60)
    study.canvas.scroll_into_view_if_needed()
    expect(viewport).to_have_attribute("style", before)
    study.canvas.locator(".react-flow__pane").hover(position={"x": 30, "y": 30})
    study.page.keyboard.down("Control")
    study.page.mouse.wheel(0, -60)
    study.page.keyboard.up("Control")
    expect(viewport).not_to_have_attribute("style", before)


def test_python_draws_beside_the_hand(study: Study) -> None:
    """What a cell adds, sets and takes away is seen; a wrong edge is refused with its reason before it is drawn."""
    study.python(FIRST + "flow.add('resultant_rhythm', id='rhythm', position=(0, 200))")
    expect(study.canvas.locator(".react-flow__edge")).to_have_count(2)
    study.press("f")
    study.python("flow['a'].set(gain_db=-3.5)")
    expect(study.node("a").get_by_role("textbox", name="Gain")).to_have_value("−3.5")
    study.drag(study.port("rhythm", "notation", "source"), study.port("a", "audio", "target"), drop=False)
    expect(study.canvas.locator(".sch-hint")).to_contain_text("it would have the host open the file")
    study.page.mouse.up()
    study.python("flow.remove('b')")
    expect(study.canvas.locator(".react-flow__edge")).to_have_count(1)
    assert study.shown.kernel_value("[str(edge) for edge in flow.graph.edges.values()]") == ["song.value → a.audio"]


def test_a_run_is_seen_node_by_node(study: Study) -> None:
    """How each ended, its result as a picture and a sound, the failure with the plugin's own lines; then what is stale."""
    study.python(FIRST + "flow['a'] >> flow.add('Broken', id='bad', position=(640, 480))")
    study.press("f")
    study.canvas.get_by_role("button", name="Run", exact=True).click()
    expect(study.state("bad")).to_have_text("failed")
    expect(study.state("b")).to_have_text(re.compile(r"\d m?s"))
    expect(study.canvas.locator(".sch-run-words")).to_contain_text("2 done, 1 failed")
    study.node("b").get_by_role("button", name="Result").click()
    result = study.canvas.get_by_role("region", name="result of gain_node")
    expect(result.get_by_role("img"), "the first picture of a kernel takes a while").to_be_visible(timeout=20_000)
    expect(result.locator("audio")).to_be_visible()
    expect(result).to_contain_text("1.000 s, mono, 8000 Hz")
    study.page.wait_for_function("() => document.querySelector('.sch-result audio').duration > 0.9")
    result.get_by_role("button", name="Explore").click()
    expect(result.locator(".sch-analysis canvas").first).to_be_visible()
    result.get_by_role("button", name="Only the picture").click()
    expect(result.get_by_role("img")).to_be_visible()
    result.get_by_role("button", name="close the result").click()
    study.press("Escape")
    study.node("bad").get_by_role("button", name="What happened").click()
    failure = study.canvas.get_by_role("region", name="result of Broken")
    expect(failure.locator("pre")).to_contain_text("main.py")
    expect(failure).to_contain_text("<img src=x onerror=alert(1)>")
    expect(failure.locator("img")).to_have_count(0)
    failure.get_by_role("button", name="close the result").click()
    study.press("f")
    study.python("flow['a'].set(gain_db=-1)")
    expect(study.state("b")).to_have_text("done, stale")
    study.press("Escape")
    study.node("a").locator("header h3").click()
    study.press("Shift+R")
    expect(study.state("a")).to_have_text(re.compile(r"\d m?s"))
    expect(study.state("b"), "run to here runs no further").to_have_text("done, stale")
    study.press("r")
    expect(study.state("b")).to_have_text(re.compile(r"\d m?s"))
    expect(study.state("a")).to_have_text("cached")


def test_a_run_is_cancelled_from_a_page_that_was_loaded_meanwhile(study: Study) -> None:
    """The kernel answers while it runs. A page that is loaded half-way sees how far it is, and can end it."""
    study.python(FIRST + "flow['a'] >> flow.add('Slow', id='slow', position=(640, 480))")
    study.press("f")
    study.press("r")
    expect(study.state("slow")).to_have_text("25 %")
    expect(study.node("slow")).to_contain_text("a quarter")
    assert study.shown.kernel_value("1 + 1") == 2
    study.shown.save()
    study.page.reload()
    expect(study.state("slow")).to_have_text("25 %", timeout=40_000)
    expect(study.state("b")).to_have_text(re.compile(r"cached|\d m?s"))
    study.canvas.get_by_role("button", name="Cancel").click()
    expect(study.state("slow")).to_have_text("cancelled")
    study.shown.wait_for_kernel("flow.last.cancelled and flow.running is None")


def test_a_run_that_a_cell_waits_for_is_cancelled_from_the_canvas(study: Study) -> None:
    """The kernel is busy with the cell, and hears Cancel even so; the cell goes on with what there is."""
    study.python(FIRST + "flow['a'] >> flow.add('Slow', id='slow', position=(640, 480))")
    study.press("f")
    study.page.evaluate(
        """() => {
          const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
          const cell = kernel.requestExecute({ code: "flow.run(raises=False)" });
          window.cell = cell.done.then((reply) => reply.content.status);
        }"""
    )
    expect(study.state("slow")).to_have_text("25 %")
    assert study.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status") == "busy"
    study.canvas.get_by_role("button", name="Cancel").click()
    expect(study.state("slow")).to_have_text("cancelled")
    assert study.page.evaluate("window.cell") == "ok"
    assert study.shown.kernel_value("flow.last.cancelled and flow.running is None")


def test_a_plugin_is_reloaded_under_its_node(study: Study) -> None:
    """Its port has another name now: the edge is broken and says so, and a click takes it away."""
    study.python(FIRST + "flow['a'] >> flow.add('Moody', id='moody', position=(640, 480))")
    study.press("f")
    study.press("r")
    expect(study.state("moody")).to_have_text(re.compile(r"\d m?s"))
    write_node(study.folder, "Moody", body="return {'y': 2}", port="sound")
    study.python("_ = manager.reload('Moody')")
    expect(study.node("moody").get_by_label("inputs")).to_contain_text("sound")
    expect(study.canvas.locator(".sch-broken")).to_have_count(1)
    expect(study.node("moody")).to_contain_text("has no input 'audio'")
    expect(study.state("moody")).to_have_text("done, stale")
    study.node("moody").get_by_role("button", name="remove the edge").click()
    study.shown.wait_for_kernel("len(flow.graph.edges) == 2")
    expect(study.canvas.locator(".sch-broken")).to_have_count(0)
    expect(study.node("moody")).to_contain_text("the input 'sound' of 'moody' is missing")


def test_vega_lite_is_drawn_beside_its_node_and_follows_the_theme(study: Study) -> None:
    """As a picture with its words, as wide as there is room; it and the canvas have the colours of the theme at once."""
    study.python("flow.add('Bars', id='bars', position=(0, 0))")
    study.press("f")
    study.press("r")
    study.node("bars").get_by_role("button", name="Result").click()
    drawing = study.canvas.get_by_role("img", name="Levels that fall")
    expect(drawing).to_be_visible()
    teal, orange, soft_ink, soft_ink_at_night = "0 128 128", "255 165 0", "92 92 104", "179 179 191"
    assert {teal, orange, soft_ink} <= set(drawing.evaluate(COLOURS))
    box = drawing.bounding_box()
    assert box is not None
    assert 380 < box["width"] < 400
    source = drawing.get_attribute("src") or ""
    face = study.node("bars").locator(".sch-face")
    color = "element => getComputedStyle(element).backgroundColor"
    light = face.evaluate(color)
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    study.page.evaluate(change, "JupyterLab Dark")
    study.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    assert _brightness(face.evaluate(color)) < 80 < _brightness(light)
    expect(drawing).not_to_have_attribute("src", source, timeout=15_000)
    assert {teal, orange, soft_ink_at_night} <= set(drawing.evaluate(COLOURS))
    study.canvas.get_by_role("button", name="close the result").click()
    expect(study.page.locator("#jupyterlab-splash"), "JupyterLab can't be hurried").to_have_count(0)
    study.page.evaluate(change, "JupyterLab Light")
    study.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'true'")


def test_two_hundred_nodes(notebook: Study) -> None:
    """They are laid out and can be read at first; all of them are shapes in the colours of their states."""
    big = notebook.shown.locator(".sch-flow").nth(2)
    big.scroll_into_view_if_needed()
    nodes = big.locator(".react-flow__node")
    first = nodes.first
    expect(first, "where the flow begins").to_be_in_viewport()
    assert (
        float(re.findall(r"scale\((.*)\)", big.locator(".react-flow__viewport").get_attribute("style") or "")[0]) >= 0.5
    )
    assert nodes.count() < 60
    places = notebook.shown.kernel_value("[node.position for node in big.nodes.values()]")
    assert isinstance(places, list)
    assert len({tuple(place) for place in places}) == 200
    big.focus()
    notebook.page.keyboard.press("f")
    expect(nodes).to_have_count(200)
    expect(big.locator(".sch-far")).to_have_count(1)
    notebook.python("big.start([before])  # one of the chains: two hundred workers are another matter")
    expect(big.locator(".sch-face-done")).to_have_count(9, timeout=30_000)
    expect(big.locator(".sch-run-words")).to_contain_text("9 done")


def test_without_its_kernel_the_canvas_says_so_and_a_picture_stays(
    study: Study, open_notebook: Callable[..., Any]
) -> None:
    """Restarted under an open canvas, what is drawn can be saved as a file; opened again, the still picture is there."""
    study.python(FIRST)
    expect(study.canvas.locator(".react-flow__node")).to_have_count(3)
    study.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    banner = study.canvas.get_by_role("alert")
    expect(banner).to_contain_text("The kernel is gone")
    expect(study.canvas.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    expect(study.canvas.locator(".react-flow__node")).to_have_count(3)
    with study.page.expect_download() as download:
        banner.get_by_role("button", name="Save as a file").click()
    saved = json.loads(Path(download.value.path()).read_text())
    assert [node["id"] for node in saved["nodes"]] == ["song", "a", "b"]
    again = open_notebook(study.shown.save())
    expect(again.locator(".schillinger-static").first).to_be_visible()
    expect(again.page.get_by_text("Error displaying widget")).to_be_hidden()
    for page in (study.shown, again):
        page.problems[:] = [problem for problem in page.problems if not any(word in problem for word in OF_A_RESTART)]


def _brightness(color: str) -> float:
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", color)[:3])
    return (red + green + blue) / 3

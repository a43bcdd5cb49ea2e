"""The server's own page in a browser: what is drawn there is run over HTTP, with nothing of Jupyter behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, expect

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Scope, Server

from ..conftest import put_plugin
from .conftest import EXAMPLES
from .plugins import BARS, COLOURS, write_plugin

pytestmark = pytest.mark.timeout(120)

# What the browser itself says of an answer that is no success, and of one that never came.
OF_REFUSALS = ("Failed to load resource", "net::ERR_")

# A picture of one red pixel.
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
)

# Have the worker draw; what it says, or what its picture is like.
DRAW = """(spec) => new Promise((resolve) => {
  const worker = new Worker("vega.js", { type: "module" });
  const colors = { ink: "#000", soft: "#555", line: "#ccc", accent: "#00f", font: "serif" };
  worker.onerror = (event) => resolve(`failed: ${event.message}`);
  worker.onmessage = async ({ data }) => {
    worker.terminate();
    if (data.flaw) return resolve(data.flaw);
    const bitmap = await createImageBitmap(new Blob([data.png]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    const pixels = canvas.getImageData(0, 0, bitmap.width, bitmap.height).data;
    let isRed = false;
    for (let at = 0; at < pixels.length; at += 4) isRed ||= pixels[at] > 250 && pixels[at + 1] < 5;
    resolve(`drawn, ${bitmap.width} wide${isRed ? ", red" : ""}`);
  };
  worker.postMessage({ spec, width_px: 300, ratio: 1, colors });
})"""

IN_SIGHT = """() => {
  const [one, all] = [".sch-result", ".sch-canvas"].map((name) => document.querySelector(name).getBoundingClientRect());
  return one.left >= all.left && one.right <= all.right && one.top >= all.top && one.bottom <= all.bottom;
}"""

LOOK = (
    "() => axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })"
)
AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginManager]:
    """The example plugins, one that takes its time and one that fails."""
    folder = tmp_path_factory.mktemp("plugins")
    put(folder, "Slow", "self.context.progress(0.25, message='a quarter')\nawait asyncio.sleep(600)")
    put(folder, "Broken", "raise ValueError('<img src=x onerror=alert(1)>')")
    write_plugin(folder / "Bars", BARS, plugin_type="VISUALIZATION")
    with PluginManager(paths=[EXAMPLES, folder]) as manager:
        yield manager


@pytest.fixture(scope="module")
def server(manager: PluginManager) -> Iterator[Server]:
    """A server for the module."""
    server = Server(manager, port=0)
    server.start()
    yield server
    server.stop()


class Desk:
    """The page, and the canvas in it."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.canvas = page.locator(".sch-flow")
        self.problems: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def open(self, path: str = "/") -> None:
        self.page.goto("about:blank")  # another fragment alone would not load it anew
        self.page.goto(self.server.url + path)

    def sign_in(self, rest: str = "") -> None:
        self.open(f"/#token={self.server.token}{rest}")
        expect(self.canvas.get_by_role("button", name="Gain", exact=True)).to_be_visible()

    def add(self, words: str, x: float, y: float) -> None:
        self.canvas.locator(".react-flow__pane").dblclick(position={"x": x, "y": y})
        self.canvas.get_by_role("combobox", name="add a node").fill(words)
        self.page.keyboard.press("Enter")

    def node(self, name: str) -> Locator:
        return self.canvas.locator(f'.react-flow__node[data-id="{name}"]')

    def state(self, name: str) -> Locator:
        return self.node(name).locator("header .sch-state")

    def port(self, name: str, port: str, side: str) -> Locator:
        return self.node(name).locator(f'.react-flow__handle.{side}[data-handleid="{port}"]')

    def drag(self, start: Locator, end: Locator, *, drop: bool = True) -> None:
        mouse, here, there = self.page.mouse, _middle(start), _middle(end)
        mouse.move(*here)
        mouse.down()
        mouse.move((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
        mouse.move(*there)
        mouse.move(*there)
        if drop:
            mouse.up()

    def name(self, name: str) -> None:
        self.page.get_by_role("textbox", name="name of the flow").fill(name)

    def run(self) -> None:
        self.canvas.get_by_role("button", name="Run", exact=True).click()

    def take_back(self, name: str) -> None:
        """Load the page anew, and open the draft that it has left."""
        self.page.once("dialog", lambda dialog: dialog.accept())  # it isn't saved
        self.page.reload()
        self.page.get_by_role("button", name=f"open the draft {name}").click()

    def draw(self, name: str, *plugins: str) -> None:
        """Have a flow on the server, and open it."""
        nodes = [
            {"id": plugin, "type": "plugin", "position": {"x": 300 * at, "y": 0}, "data": {"plugin": plugin}}
            for at, plugin in enumerate(plugins)
        ]
        answer = self.page.request.put(
            f"{self.server.url}/api/flows/{name}",
            data=json.dumps({"nodes": nodes, "edges": []}),
            headers={"Authorization": f"Bearer {self.server.token}"},
        )
        assert answer.ok, answer.text()
        self.sign_in(f"&flow={name}")
        expect(self.canvas.locator(".react-flow__node")).to_have_count(len(plugins))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)


def _middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Desk]:
    """A page of its own in a browser that knows nobody; what its security policy refused is a console error, too."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce").new_page()
    desk = Desk(page, server)
    yield desk
    page.context.close()
    assert [one for one in desk.problems if not any(word in one for word in OF_REFUSALS)] == []


def test_a_flow_is_drawn_run_and_found_again(desk: Desk, tmp_path: Path) -> None:
    """Wired by hand, a file of this computer is sent through it and heard; what has changed since is stale, and saved."""
    soundfile.write(tmp_path / "half.wav", np.full(8000, 0.5), 8000)
    desk.sign_in()
    desk.name("study")
    desk.add("audio input", 60, 120)
    desk.canvas.get_by_role("button", name="Gain", exact=True).click()
    expect(desk.node("gain_node")).to_contain_text("the input 'audio' of 'gain_node' is missing")
    desk.drag(desk.port("audio", "value", "source"), desk.port("gain_node", "audio", "target"))
    expect(desk.canvas.locator(".react-flow__edge")).to_have_count(1)
    gain = desk.node("gain_node").get_by_role("textbox", name="Gain")
    gain.fill("-6.02")
    gain.press("Enter")
    expect(desk.canvas.locator(".sch-run-words")).to_contain_text("1 problem")
    desk.page.get_by_label("file for audio").set_input_files(tmp_path / "half.wav")
    expect(desk.canvas.locator(".sch-run-words")).to_be_empty()
    desk.run()
    expect(desk.state("gain_node")).to_have_text(re.compile(r"\d m?s"))
    expect(desk.page.get_by_label("open a flow"), "it was not saved to be run").to_have_text("none is saved")
    desk.canvas.focus()
    desk.page.keyboard.press("Escape")  # the bar of what is selected would cover it
    expect(desk.canvas.locator(".sch-selection-bar")).to_have_count(0)
    desk.node("gain_node").get_by_role("button", name="Result").click()
    result = desk.canvas.get_by_role("region", name="result of gain_node")
    expect(result).to_contain_text("1 ch, 1.00 s, 8000 Hz")
    desk.page.wait_for_function("() => document.querySelector('.sch-result audio')?.duration > 0.9")
    gain.fill("-3")
    gain.press("Enter")
    expect(desk.state("gain_node")).to_contain_text("stale")
    expect(desk.page.get_by_text("not saved")).to_be_visible()
    desk.page.get_by_role("button", name="Save", exact=True).click()
    expect(desk.page.get_by_text("saved", exact=True)).to_be_visible()
    desk.page.reload()
    expect(desk.node("gain_node").get_by_role("textbox", name="Gain")).to_have_value("−3")
    expect(desk.canvas.locator(".react-flow__edge")).to_have_count(1)
    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.page.get_by_role("button", name="Delete").click()
    expect(desk.canvas.locator(".react-flow__node")).to_have_count(0)
    expect(desk.page.get_by_label("open a flow")).to_have_text("none is saved")


def test_what_does_not_fit_is_refused_with_its_reason(desk: Desk) -> None:
    """While it is dragged."""
    desk.draw("wrong", "resultant_rhythm", "gain_node")
    desk.drag(
        desk.port("resultant_rhythm", "durations", "source"), desk.port("gain_node", "audio", "target"), drop=False
    )
    expect(desk.canvas.locator(".sch-hint")).to_contain_text("audio")
    desk.page.mouse.up()
    expect(desk.canvas.locator(".react-flow__edge")).to_have_count(0)


def test_a_run_is_seen_as_it_goes_and_cancelled(desk: Desk) -> None:
    """How each node stands comes by itself, also to a page that is loaded half-way; the run ends on the server."""
    desk.draw("slow", "resultant_rhythm", "Slow")
    desk.run()
    expect(desk.state("Slow")).to_have_text("25 %")
    expect(desk.node("Slow")).to_contain_text("a quarter")
    expect(desk.state("resultant_rhythm")).to_have_text(re.compile(r"\d m?s"))
    desk.page.reload()
    expect(desk.state("Slow"), "a page that is loaded meanwhile takes the run up").to_have_text("25 %")
    desk.canvas.get_by_role("button", name="Cancel").click()
    expect(desk.canvas.locator(".sch-run-words")).to_contain_text("cancelled")
    headers = {"Authorization": f"Bearer {desk.server.token}"}
    newest = desk.page.request.get(f"{desk.server.url}/api/plugins/runs?limit=1", headers=headers).json()["runs"][0]
    assert (newest["flow"], newest["state"]) == ("slow", "cancelled")


def test_who_runs_need_not_save(desk: Desk) -> None:
    """A token that may only run draws and runs what is drawn; saving is out of reach, and says why."""
    token = desk.server.access.issue(Scope.RUN, user="ada")
    desk.open(f"/#token={token}")
    desk.canvas.get_by_role("button", name="Resultant", exact=False).first.click()
    desk.run()
    expect(desk.state("resultant_rhythm")).to_have_text(re.compile(r"\d m?s"))
    save = desk.page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()
    expect(save).to_have_attribute("title", "saving takes a token that manages")
    assert desk.page.evaluate("() => JSON.stringify({...localStorage})").count(token) == 0


def test_what_a_crash_has_left_is_offered_back(desk: Desk) -> None:
    """To its user alone, once; opened, it is as it was drawn, and forgotten when it is given up."""
    desk.sign_in()
    desk.name("sketch")
    desk.canvas.get_by_role("button", name="Gain", exact=True).click()
    expect(desk.node("gain_node")).to_be_visible()
    desk.page.wait_for_function("() => Object.values(localStorage).some(text => text.includes('gain_node'))")
    crashed, left = desk.page, desk.page.get_by_role("region", name="drafts that were not saved")
    expect(left).to_have_count(0)
    other = Desk(desk.page.context.new_page(), desk.server)
    other.sign_in()
    offered = other.page.get_by_role("region", name="drafts that were not saved")
    expect(other.page.get_by_role("textbox", name="name of the flow")).to_have_value("untitled")
    expect(offered, "what is open elsewhere isn't offered").to_have_count(0)
    with crashed.expect_event("crash"), suppress(Error):
        crashed.goto("chrome://crash")
    other.open(f"/#token={desk.server.access.issue(Scope.RUN, user='eve')}")
    expect(other.canvas.get_by_role("button", name="Gain", exact=True)).to_be_visible()
    expect(offered, "it is somebody else's").to_have_count(0)
    other.sign_in()
    expect(offered).to_contain_text("sketch")
    offered.get_by_role("button", name=re.compile("open the draft sketch")).click()
    expect(other.node("gain_node")).to_be_visible()
    expect(other.page.get_by_role("textbox", name="name of the flow")).to_have_value("sketch")
    expect(offered).to_have_count(0)
    other.page.once("dialog", lambda dialog: dialog.accept())
    other.page.get_by_role("button", name="New", exact=True).click()
    expect(other.canvas.locator(".react-flow__node")).to_have_count(0)
    assert other.page.evaluate("() => localStorage.length") == 0
    assert not [one for one in other.problems if not any(word in one for word in OF_REFUSALS)]


def test_a_drafts_run_is_found_again(desk: Desk) -> None:
    """Loaded anew, the draft is back with its run: seen as it goes, then what it came to, and said to be gone when it is."""
    desk.sign_in()
    desk.name("sketch")
    desk.canvas.get_by_role("button", name="Resultant", exact=False).first.click()
    desk.canvas.get_by_role("button", name="Slow", exact=True).click()
    desk.run()
    expect(desk.state("Slow")).to_contain_text("25 %")

    desk.take_back("sketch")
    expect(desk.state("resultant_rhythm")).to_have_text(re.compile(r"\d m?s"))
    expect(desk.state("Slow")).to_contain_text("25 %")
    desk.canvas.get_by_role("button", name="Cancel").click()
    expect(desk.state("Slow")).to_contain_text("cancelled")

    desk.take_back("sketch")
    expect(desk.state("Slow")).to_contain_text("cancelled")
    expect(desk.state("resultant_rhythm")).to_have_text(re.compile(r"\d m?s"))

    head = {"Authorization": f"Bearer {desk.server.token}"}
    listed = desk.page.request.get(f"{desk.server.url}/api/plugins/runs", headers=head).json()["runs"]
    assert desk.page.request.delete(f"{desk.server.url}/api/plugins/runs/{listed[0]['id']}", headers=head).ok
    desk.take_back("sketch")
    expect(desk.page.get_by_role("alert")).to_contain_text(
        "knows the last run of sketch no more → its result was forgotten"
    )
    expect(desk.node("Slow")).to_be_visible()


def test_what_a_plugin_fails_of_is_text(desk: Desk) -> None:
    """At its node with its own lines, and as the problem of the run; what the others gave is there."""
    desk.draw("broken", "resultant_rhythm", "Broken")
    desk.run()
    expect(desk.state("Broken")).to_have_text("failed")
    expect(desk.page.get_by_role("alert").first).to_contain_text("FlowError")
    desk.node("Broken").get_by_role("button", name="What happened").click()
    failure = desk.canvas.get_by_role("region", name="result of Broken")
    expect(failure.locator("pre")).to_contain_text("main.py")
    expect(failure).to_contain_text("<img src=x onerror=alert(1)>")
    expect(desk.page.locator("img")).to_have_count(0)
    failure.get_by_role("button", name="close the result").click()
    desk.node("resultant_rhythm").get_by_role("button", name="Result").click()
    expect(desk.canvas.get_by_role("region", name="result of resultant_rhythm")).to_contain_text("3, 1, 2, 2, 1, 3")


def test_who_has_no_token_sees_nothing(desk: Desk) -> None:
    """A wrong one is refused with a word; a right one is kept for the tab, and not in its address."""
    desk.open()
    token = desk.page.get_by_label("Token")
    token.fill("x" * 43)
    token.press("Enter")
    expect(desk.page.get_by_role("alert")).to_have_text("this token isn't known here")
    expect(desk.canvas).to_have_count(0)
    token.fill(desk.server.token)
    token.press("Enter")
    expect(desk.canvas).to_be_visible()
    assert desk.server.token not in desk.page.url
    desk.page.reload()
    expect(desk.canvas).to_be_visible()
    assert desk.page.evaluate("() => localStorage.length + document.cookie.length") == 0
    desk.page.get_by_role("button", name="Sign out").click()
    desk.page.reload()
    expect(desk.page.get_by_label("Token")).to_be_visible()


def test_a_token_that_only_reads_changes_nothing(desk: Desk) -> None:
    """What it would take is said."""
    desk.draw("mine", "resultant_rhythm")
    desk.open(f"/#token={desk.server.access.issue(Scope.READ, user='ada')}&flow=mine")
    expect(desk.node("resultant_rhythm")).to_be_visible()
    desk.run()
    expect(desk.page.get_by_role("alert")).to_contain_text("this needs run")


def test_somebody_elses_changes_are_not_overwritten(desk: Desk) -> None:
    """Neither by saving what is older, nor by a new flow of the same name."""
    desk.draw("ours", "resultant_rhythm")
    body = {"nodes": [], "edges": []}
    headers = {"Authorization": f"Bearer {desk.server.token}"}
    assert desk.page.request.put(f"{desk.server.url}/api/flows/ours", data=json.dumps(body), headers=headers).ok
    desk.add("gain", 300, 300)
    desk.page.get_by_role("button", name="Save", exact=True).click()
    expect(desk.page.get_by_role("alert")).to_contain_text("fetch it, and put your changes into that one")
    desk.name("theirs")
    desk.name("ours")
    desk.page.get_by_role("button", name="Save", exact=True).click()
    expect(desk.page.get_by_role("alert")).to_contain_text("there is a flow ours already")


def test_without_its_server_the_page_says_so_and_finds_it_again(
    desk: Desk, server: Server, manager: PluginManager
) -> None:
    """What is drawn stays; once there is a server at the address again, it runs."""
    there = Server(manager, port=0)
    there.start()
    desk.server = there
    desk.sign_in()
    desk.add("resultant", 200, 200)
    there.stop()
    expect(desk.page.get_by_role("alert")).to_contain_text(re.compile("has ended|doesn't answer"))
    desk.run()
    expect(desk.page.get_by_text("What you draw stays in this page")).to_be_visible()
    expect(desk.node("resultant_rhythm")).to_be_visible()
    again = Server(manager, port=int(there.url.rpartition(":")[2]), token=there.token)
    again.start()
    try:
        expect(desk.page.get_by_text("start it again")).to_be_hidden(timeout=15_000)
        desk.run()
        expect(desk.state("resultant_rhythm")).to_have_text(re.compile(r"\d m?s"))
    finally:
        desk.page.goto("about:blank")
        again.stop()


def test_vega_lite_is_drawn(desk: Desk) -> None:
    """By a worker that is loaded when the first is opened."""
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.removeprefix(desk.server.url)))
    desk.draw("drawn", "Bars")
    desk.run()
    expect(desk.state("Bars")).to_have_text(re.compile(r"\d m?s"))
    assert "/vega.js" not in asked
    desk.node("Bars").get_by_role("button", name="Result").click()
    drawing = desk.canvas.get_by_role("img", name="Levels that fall")
    expect(drawing).to_be_visible()
    assert {"0 128 128", "255 165 0"} <= set(drawing.evaluate(COLOURS))
    assert "/vega.js" in asked


def test_an_open_result_stays_in_sight(desk: Desk) -> None:
    """The canvas moves when it becomes too narrow for it, and the result is never wider than the canvas."""
    desk.draw("narrowed", "resultant_rhythm")
    desk.run()
    expect(desk.state("resultant_rhythm")).to_have_text(re.compile(r"\d m?s"))
    desk.node("resultant_rhythm").get_by_role("button", name="Result").click()
    expect(desk.canvas.get_by_role("region", name="result of resultant_rhythm")).to_contain_text("3, 1, 2, 2, 1, 3")
    for width in (1280, 700, 300, 700):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.page.wait_for_function(IN_SIGHT)


def test_what_draws_takes_a_specification_as_if_nobody_had_looked_at_it(desk: Desk) -> None:
    """It asks nobody for anything, and draws what is left, or says why it can't."""
    row, picture = {"data": {"values": [{}]}}, {"type": "image", "width": 9, "height": 9}
    endless = {**row, "mark": "point", "width": 1e6, "height": 1e6}
    called = [{"calculate": "datum.x.y('z')", "as": "x"}]
    specs: dict[str, tuple[dict[str, Any], str]] = {
        "data elsewhere": ({"data": {"url": "health"}, "mark": "point"}, "drawn, 300 wide"),
        "a picture elsewhere": ({**row, "mark": {**picture, "url": "health"}}, "drawn, 300 wide"),
        "a picture within": ({**row, "mark": {**picture, "url": DOT}}, "drawn, 300 wide, red"),
        "a call": ({**row, "mark": "point", "transform": called}, "Vega-Lite says: Illegal callee"),
        "a million pixels a side": ({"hconcat": [endless]}, "drawn, 4000 wide"),
        "nonsense": ({"mark": "rocket"}, "Vega-Lite says: "),
    }
    desk.open("/")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.removeprefix(desk.server.url)))
    for name, (spec, answer) in specs.items():
        assert desk.page.evaluate(DRAW, json.dumps(spec)).startswith(answer), name
    assert [url for url in asked if not url.startswith(("/vega.js", "blob:"))] == []


def test_nothing_but_its_own_is_loaded(desk: Desk) -> None:
    """No other host is asked, it can't be framed, and no script stands in the page itself."""
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.sign_in()
    assert [url for url in asked if not url.startswith((desk.server.url, "data:", "about:"))] == []
    answer = desk.page.request.get(f"{desk.server.url}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?! type=\"module\" src=\"page.js\">)", answer.text()) == []


def test_everybody_can_use_it(desk: Desk) -> None:
    """Names, roles and contrast, by axe-core, in both themes: before and after signing in."""
    desk.open()
    expect(desk.page.get_by_label("Token")).to_be_visible()
    assert _violations(desk.page) == []
    desk.draw("seen", "gain_node", "resultant_rhythm")
    assert _violations(desk.page) == []


def _violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text() + "; 0")  # as the debugger does, whom the policy doesn't bind
    found = []
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found += page.evaluate(LOOK)["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def put(folder: Path, name: str, body: str) -> None:
    """A plugin without inputs."""
    outputs = [{"name": "y", "type": "number"}]
    put_plugin(folder / name, body=body, definition={"type": name, "label": name, "inputs": [], "outputs": outputs})

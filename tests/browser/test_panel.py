"""A panel in JupyterLab: what the hand does reaches the plugin's worker, and the answer the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .plugins import COLOURS, write_plugin

pytestmark = pytest.mark.timeout(180)

DEFINITION: dict[str, Any] = {
    "type": "liar",
    "label": "Liar",
    "parameters": [{"name": "gain_db", "label": "Gain", "type": "number", "min": -96, "max": 24}],
    "outputs": [
        {"name": "said", "label": "Said", "type": "string"},
        {"name": "chart", "label": "Chart", "type": "figure"},
    ],
    "panel": {
        "groups": [
            {
                "items": [
                    {"kind": "control", "name": "gain_db"},
                    {"kind": "button", "name": "wrong", "label": "Wrong"},
                    {"kind": "button", "name": "fail", "label": "Fail", "style": "danger"},
                    {"kind": "button", "name": "markup", "label": "Markup"},
                    {"kind": "button", "name": "draw", "label": "Draw"},
                    {"kind": "text", "name": "said"},
                    {"kind": "figure", "name": "chart"},
                ]
            }
        ]
    },
}
MAIN = f"""
from schillinger_plugins.types import Figure, UIPlugin

MARKUP = "<img src=x onerror='window.hacked = 1'>"


class Liar(UIPlugin):
    async def on_event(self, event, values):
        if event["name"] == "wrong":
            return {{"values": {{"gain_db": 99.0}}, "outputs": {{"said": "half"}}}}
        if event["name"] == "fail":
            raise ValueError(MARKUP)
        if event["name"] == "markup":
            return {{"outputs": {{"said": MARKUP}}, "message": MARKUP}}
        if event["name"] == "draw":
            bars = [{{"bar": n, "level": n * n}} for n in range(8)]
            x, y = {{"field": "bar", "type": "ordinal"}}, {{"field": "level", "type": "quantitative"}}
            spec = {{"data": {{"values": bars}}, "mark": {{"type": "bar", "color": "teal"}}, "encoding": {{"x": x, "y": y}}}}
            return {{"outputs": {{"chart": Figure.vega_lite(spec, alt="bars that rise")}}}}
        return {{}}

    def get_node_definition(self):
        return {DEFINITION!r}
"""
DESK = "desk = widgets.panel_view(manager, 'tuning_desk')\ndesk"
LIAR = "liar = widgets.panel_view(manager, 'liar')\nliar"


@pytest.fixture(scope="module")
def shown(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A notebook with the tuning desk and a plugin that breaks the rules, run."""
    folder = write_plugin(tmp_path_factory.mktemp("plugins") / "liar", MAIN, plugin_type="UI")
    page = open_notebook(write_notebook(DESK, LIAR, paths=(folder.parent,)))
    page.run_all()
    page.locator(".sch-board").nth(1).wait_for()
    return page


def board(shown: Any, name: str) -> Any:
    """One of the two panels."""
    return shown.page.get_by_role("region", name=f"panel {name}", exact=True)


def test_the_panel_shows_what_the_plugin_gives(shown: Any) -> None:
    """Values, a table and a picture, and nothing of the still copy beside it."""
    desk = board(shown, "Tuning desk")
    expect(desk.get_by_role("row").nth(1)).to_contain_text("261.6")
    expect(desk.get_by_role("img")).to_have_attribute(
        "alt", "The equal temperament: no note differs from equal temperament"
    )
    shown.page.wait_for_function("(img) => img.naturalWidth > 300", arg=desk.get_by_role("img").element_handle())
    expect(shown.page.locator(".schillinger-static").first).to_be_hidden()


def test_a_button_reaches_the_worker_and_its_sound_the_page(shown: Any) -> None:
    """Pressed by keyboard; the player has the sound, Python the samples."""
    desk = board(shown, "Tuning desk")
    desk.get_by_role("button", name="Play chord").focus()
    shown.page.keyboard.press("Enter")
    player = desk.locator("audio")
    shown.page.wait_for_function("(one) => one.duration > 2.9", arg=player.element_handle(timeout=20_000))
    expect(desk.get_by_role("status")).to_have_text("C major")
    assert shown.kernel_value("desk.outputs['sound'].frames") == 3 * 44_100


def test_a_control_moved_is_seen_in_python_and_answered(shown: Any) -> None:
    """Another temperament changes the table and the readings."""
    desk = board(shown, "Tuning desk")
    desk.get_by_role("combobox", name="Temperament").select_option("quarter-comma meantone")
    shown.wait_for_kernel("desk.parameters['temperament'] == 'quarter-comma meantone'")
    expect(desk.get_by_label("Root's fifth")).to_have_text("−5.377 cents")
    slider = desk.get_by_role("slider", name="A4")
    slider.focus()
    for _ in range(4):
        shown.page.keyboard.press("ArrowRight")
    shown.wait_for_kernel("desk.parameters['a4_hz'] == 442")


def test_taps_set_the_tempo(shown: Any) -> None:
    """What the plugin sets moves the control, and Python sees it."""
    desk = board(shown, "Tuning desk")
    for _ in range(3):
        desk.get_by_role("button", name="Tap", exact=True).click()
    expect(desk.get_by_label("Taps", exact=True)).to_have_text("3")
    shown.wait_for_kernel("desk.parameters['tempo_bpm'] > 200")
    shown.kernel_value("setattr(desk, 'parameters', {**desk.parameters, 'tempo_bpm': 90})")
    expect(desk.get_by_role("textbox", name="Tempo")).to_have_value("90")
    expect(desk.get_by_label("One beat")).to_have_text("666.7 ms")


def test_a_wrong_answer_is_shown_and_changes_nothing(shown: Any) -> None:
    """With the place of the flaw; half an answer is no answer."""
    liar = board(shown, "Liar")
    liar.get_by_role("button", name="Wrong").click()
    expect(liar.get_by_role("alert")).to_contain_text("above the maximum 24")
    expect(liar.get_by_role("alert")).to_contain_text("$.answer.values.gain_db")
    assert shown.kernel_value("[liar.parameters['gain_db'], liar.outputs]") == [0, {}]


def test_what_the_plugin_says_stays_text(shown: Any) -> None:
    """In a text, a message and a traceback: no markup, no script."""
    liar = board(shown, "Liar")
    liar.get_by_role("button", name="Fail").click()
    expect(liar.get_by_role("alert")).to_contain_text("<img src=x")
    expect(liar.locator("pre")).to_contain_text("main.py")
    liar.get_by_role("button", name="Markup").click()
    expect(liar.get_by_label("Said")).to_contain_text("<img src=x")
    expect(liar.get_by_role("alert")).to_have_count(0)
    expect(liar.locator("img")).to_have_count(0)
    assert shown.page.evaluate("window.hacked") is None


def test_keys_in_a_panel_do_not_reach_the_notebook(shown: Any) -> None:
    """`d d` on a focused button deletes no cell."""
    board(shown, "Liar").get_by_role("button", name="Wrong").focus()
    for key in ("d", "d", "a", "b", "x"):
        shown.page.keyboard.press(key)
    assert shown.page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == 3


def test_a_dark_page_has_a_dark_panel(
    open_notebook: Callable[..., Any], shown: Any, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    """By JupyterLab's own theme, the text stands out by 4.5 to 1 at least."""
    dark = open_notebook(shown.save(), dark=True)
    dark.run_all()
    desk = board(dark, "Tuning desk")
    expect(desk.get_by_role("img")).to_be_visible()
    ratio = desk.evaluate(CONTRAST)
    record_property("contrast", ratio)
    assert ratio >= 4.5


CONTRAST = """(board) => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(board).backgroundColor);
  const kinds = 'label, h4, .sch-reading-label, .sch-status, .sch-description, td, th, .sch-value';
  const inks = [...board.querySelectorAll(kinds)];
  return Math.min(...inks.map((ink) => {
    const [a, b] = [light(getComputedStyle(ink).color), paper].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
}"""


def test_vega_lite_is_drawn_as_a_picture(shown: Any) -> None:
    """In the page, with its words, as wide as there is room."""
    liar = board(shown, "Liar")
    liar.get_by_role("button", name="Draw").click()
    drawing = liar.get_by_role("img", name="bars that rise")
    expect(drawing).to_be_visible(timeout=20_000)
    assert "0 128 128" in drawing.evaluate(COLOURS)
    box, room = drawing.bounding_box(), liar.locator(".sch-drawn").bounding_box()
    assert box is not None
    assert room is not None
    assert 0.9 * room["width"] < box["width"] <= room["width"]

"""An analysis in JupyterLab, live and still."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)

ANALYSE = (
    "rhythm = manager.default_instance('resultant_rhythm').execute({}, {'repeats': 2})",
    "result = manager.default_instance('audio_analyzer').execute({'audio': rhythm['audio']})\nresult",
)

# Text whose contrast with what is behind it is too low (WCAG AA asks for 4.5, and 3 for large text).
POOR_CONTRAST = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[0-9.]+/g).map(Number); return [r, g, b, a]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (element) => {
    if (!element) return [255, 255, 255, 1];
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const poor = [];
  for (const element of document.querySelectorAll('.sch *:not(canvas, option, title)')) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join('');
    if (!text || element.disabled || !element.checkVisibility()) continue;
    if (element.closest('svg, .react-flow__attribution')) continue;
    const paper = behind(element);
    const [a, b] = [light(over(parse(getComputedStyle(element).color), paper)), light(paper)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) poor.push(`${text}: ${contrast.toFixed(2)}`);
  }
  return poor;
}"""

PAINTED = """(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


@pytest.fixture(scope="module")
def analysed(open_notebook: Callable[..., Any], write_notebook: Callable[..., Path]) -> Any:
    """A notebook with the analysis of a generated rhythm, run."""
    shown = open_notebook(write_notebook(*ANALYSE))
    shown.run_all()
    shown.locator(".sch-analysis").wait_for()
    return shown


def _view(shown: Any) -> Any:
    return shown.locator(".sch-analysis").first


def test_the_live_view_takes_the_place_of_the_still_one(analysed: Any) -> None:
    """The view is there; its picture and table are in the notebook but hidden."""
    still = analysed.locator(".schillinger-static")
    expect(still).to_have_count(1)
    expect(still).to_be_hidden()
    expect(analysed.locator(".jp-OutputArea-child img")).to_be_hidden()
    expect(_view(analysed).locator(".sch-figures")).to_contain_text("Tempo")


def test_waveform_spectrogram_and_chroma_are_painted(analysed: Any) -> None:
    """Each canvas has more than a plain colour."""
    lanes = _view(analysed).locator(".sch-lane")
    expect(lanes).to_have_count(3)
    for lane in lanes.all():
        handle = lane.locator("canvas").element_handle()
        analysed.page.wait_for_function(f"(canvas) => ({PAINTED})(canvas) > 3", arg=handle)


def test_other_curves_are_shown_when_asked(analysed: Any) -> None:
    """A chip adds its lane and takes it away."""
    chip = _view(analysed).locator(".sch-chip[aria-pressed='false']").first
    label = chip.inner_text()
    _view(analysed).get_by_role("button", name=label, exact=True).click()
    expect(_view(analysed).locator(".sch-lane")).to_have_count(4)
    _view(analysed).get_by_role("button", name=label, exact=True).click()
    expect(_view(analysed).locator(".sch-lane")).to_have_count(3)


def test_the_player_plays_and_its_playhead_moves(analysed: Any) -> None:
    """Space on the time axis plays; the time goes on; space pauses."""
    view = _view(analysed)
    view.locator(".sch-stage").focus()
    analysed.page.keyboard.press(" ")
    expect(view.get_by_role("button", name="Pause")).to_be_visible()
    expect(view.locator(".sch-time")).not_to_contain_text("0:00.0 /", timeout=10_000)
    analysed.page.keyboard.press(" ")
    expect(view.get_by_role("button", name="Play")).to_be_visible()


def test_a_click_seeks_and_the_wheel_zooms_with_ctrl_only(analysed: Any) -> None:
    """A click puts the playhead there; the wheel alone is the page's, with Ctrl it zooms the time axis."""
    view = _view(analysed)
    canvas = view.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    canvas.click(position={"x": 200, "y": 20})
    expect(view.locator(".sch-time")).not_to_contain_text("0:00.0 /")
    ticks = view.locator(".sch-ruler")
    before = ticks.inner_text()
    canvas.hover(position={"x": 200, "y": 20})
    analysed.page.mouse.wheel(0, -50)
    assert ticks.inner_text() == before
    analysed.page.keyboard.down("Control")
    analysed.page.mouse.wheel(0, -400)
    analysed.page.keyboard.up("Control")
    expect(ticks).not_to_have_text(before)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_readable_in_both_themes(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], dark: bool
) -> None:
    """Every text of a node and an analysis has the contrast of WCAG AA."""
    node = "widgets.node_view(manager, 'gain_node')"
    shown = open_notebook(write_notebook(*ANALYSE, node), dark=dark)
    shown.run_all()
    shown.locator(".sch-analysis").wait_for()
    shown.locator(".sch-card").wait_for()
    assert shown.page.evaluate("document.body.dataset.jpThemeLight") == ("false" if dark else "true")
    assert shown.page.evaluate(POOR_CONTRAST) == []


def test_a_second_page_gets_the_code_from_the_kernel(analysed: Any, open_notebook: Callable[..., Any]) -> None:
    """Opened again while the kernel lives, the view is there too, though the code has left the widget's state."""
    analysed.wait_for_kernel(
        "not any(getattr(w, 'code', None) for w in __import__('ipywidgets').widgets.widget._instances.values())"
    )
    again = open_notebook(analysed.save())
    again.locator(".sch-analysis").wait_for()
    expect(again.locator(".schillinger-static")).to_be_hidden()


def test_a_saved_notebook_is_small_and_shows_the_still_view_without_its_kernel(
    analysed: Any, open_notebook: Callable[..., Any]
) -> None:
    """Reopened with another kernel: the picture and the table are seen, no error, and the file has no sound in it."""
    saved = analysed.save()
    assert saved.stat().st_size < 400_000
    outputs = json.loads(saved.read_text())["cells"][-1]["outputs"]
    assert [next(iter(set(o["data"]) - {"text/plain"})) for o in outputs][:2] == ["image/png", "text/html"]
    analysed.shut_down()
    again = open_notebook(saved)
    expect(again.locator(".jp-OutputArea-child img").first).to_be_visible()
    expect(again.locator(".schillinger-static")).to_be_visible()
    expect(again.page.get_by_text("Error displaying widget")).to_be_hidden()
    # JupyterLab's own word about a model whose kernel is gone; it is what this test is about.
    again.problems[:] = [problem for problem in again.problems if "widget model not found" not in problem]

"""An analysis in JupyterLab, live and still."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)

FIND = """def _explorers():
    from ipywidgets.widgets import widget
    return [w for w in widget._instances.values() if hasattr(w, 'region')]"""

LONG = (
    FIND,
    "import numpy as np\nfrom schillinger_plugins import explore\nrate = 44100\n"
    "long = np.random.default_rng(0).normal(0, 0.1, (2, 600 * rate)).astype('float32')\n"
    "view = explore((long, rate))\nview",
    "view",
    "explore((np.zeros((1, 0)), rate))",
    "from schillinger_plugins import compare\nshort = (long[:, :rate], rate)\n"
    "compare(**{'<b>bold</b>' + 'x' * 10_000: short, 'B': short})",
)

# What is started on the audio clock, and when.
LISTEN = """() => {
  window.heard = [];
  for (const [kind, sound] of [[AudioBufferSourceNode, true], [OscillatorNode, false]]) {
    const start = kind.prototype.start;
    kind.prototype.start = function (at, ...rest) {
      window.heard.push({ sound, at, loop: this.loop === true });
      return start.call(this, at, ...rest);
    };
  }
}"""

# The longest frame in ms while keys pan.
PANNED = """async (stage) => {
  let slowest = 0, last = performance.now();
  for (let i = 0; i < 30; i++) {
    const key = i % 10 < 5 ? 'ArrowRight' : 'ArrowLeft';
    stage.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey: true, bubbles: true }));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    slowest = Math.max(slowest, now - last);
    last = now;
  }
  return slowest;
}"""

ANALYSE = (
    "rhythm = manager.default_instance('resultant_rhythm').execute({}, {'repeats': 2})",
    "result = manager.default_instance('audio_analyzer').execute({'audio': rhythm['audio']})\nresult",
    FIND,
)

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
    chip = _view(analysed).locator(".sch-chips .sch-chip[aria-pressed='false']").first
    label = chip.inner_text()
    _view(analysed).locator(".sch-chips").get_by_role("button", name=label, exact=True).click()
    expect(_view(analysed).locator(".sch-lane")).to_have_count(4)
    _view(analysed).locator(".sch-chips").get_by_role("button", name=label, exact=True).click()
    expect(_view(analysed).locator(".sch-lane")).to_have_count(3)


def test_the_sound_plays_with_clicks_on_the_clock_and_goes_round(analysed: Any) -> None:
    """Space plays, the time goes on, C plans clicks ahead on the audio clock, L loops the source itself; space pauses."""
    view, keyboard = _view(analysed), analysed.page.keyboard
    analysed.page.evaluate(LISTEN)
    view.locator(".sch-stage").focus()
    keyboard.press("c")
    keyboard.press("l")
    keyboard.press(" ")
    expect(view.get_by_role("button", name="Pause")).to_be_visible()
    expect(view.locator(".sch-time")).not_to_contain_text("0:00.0 /", timeout=10_000)
    analysed.wait_for_kernel("[w.loop for w in _explorers()][0]")
    heard = analysed.page.evaluate("window.heard")
    sources, clicks = [h for h in heard if h["sound"]], [h for h in heard if not h["sound"]]
    assert sources, "a source was started"
    assert sources[-1]["loop"], "and goes round"
    assert clicks, "clicks were planned"
    assert all(click["at"] >= sources[0]["at"] - 0.01 for click in clicks), "none before the sound begins"
    keyboard.press(" ")
    expect(view.get_by_role("button", name="Play")).to_be_visible()
    keyboard.press("l")
    analysed.wait_for_kernel("not [w.loop for w in _explorers()][0]")


def test_the_hand_looks_selects_and_saves(analysed: Any) -> None:
    """A click seeks, the wheel zooms with Ctrl only, a drag selects to Python and back, hovering reads, a file is saved."""
    view, mouse, keyboard = _view(analysed), analysed.page.mouse, analysed.page.keyboard
    canvas = view.locator(".sch-lane canvas").first
    canvas.scroll_into_view_if_needed()
    canvas.click(position={"x": 200, "y": 20})
    expect(view.locator(".sch-time")).not_to_contain_text("0:00.0 /")
    ticks = view.locator(".sch-ruler")
    before = ticks.inner_text()
    canvas.hover(position={"x": 200, "y": 20})
    mouse.wheel(0, -50)
    assert ticks.inner_text() == before, "the wheel alone is the page's"
    canvas.scroll_into_view_if_needed()
    canvas.hover(position={"x": 200, "y": 20})
    keyboard.down("Control")
    mouse.wheel(0, -400)
    keyboard.up("Control")
    expect(ticks, "with Ctrl it zooms").not_to_have_text(before)
    view.locator(".sch-stage").focus()
    near = view.locator(".sch-overview").get_attribute("aria-valuetext")
    keyboard.press("Shift+ArrowRight")
    expect(view.locator(".sch-overview"), "keys pan").not_to_have_attribute("aria-valuetext", near or "")
    keyboard.press("0")
    box = canvas.bounding_box()
    assert box
    mouse.move(box["x"] + 100, box["y"] + 30)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 30, steps=4)
    mouse.up()
    expect(view.locator(".sch-region")).to_be_visible()
    found = analysed.wait_for_kernel(
        "[[s.start_s, s.end_s, s.start_frame, s.end_frame, w.shown.inputs['audio'].sample_rate, w.views.duration_s]"
        " for w in _explorers() if (s := w.selection)]"
    )[0]
    start_s, end_s, start, end, rate, duration_s = found
    assert [start, end] == pytest.approx([start_s * rate, end_s * rate], abs=1), "seconds and samples are the same"
    assert end_s == pytest.approx(duration_s / 2, rel=0.02), "what was dragged is what is selected"
    mouse.move(box["x"] + 140, box["y"] + 150)
    expect(view.locator(".sch-readout")).to_contain_text("Hz")
    with analysed.page.expect_download() as download:
        view.get_by_role("button", name="save as JAMS").click()
    annotations = json.loads(Path(download.value.path()).read_text())["annotations"]
    assert any(one["namespace"] == "beat" for one in annotations), "the file is whole"
    view.locator(".sch-stage").focus()
    keyboard.press("Escape")
    expect(view.locator(".sch-region"), "Escape clears").to_be_hidden()
    analysed.wait_for_kernel("all(w.selection is None for w in _explorers())")


def test_colours_and_levels_repaint_the_images(analysed: Any) -> None:
    """Another colour map and another range paint other pixels; the range is told in dB."""
    view = _view(analysed)
    handle = view.locator(".sch-lane canvas").nth(1).element_handle()
    for act in (
        lambda: view.get_by_label("colours", exact=True).last.select_option("grey"),
        lambda: view.get_by_label("darkest level").fill("-30"),
    ):
        before = analysed.page.evaluate("(canvas) => canvas.toDataURL()", handle)
        act()
        analysed.page.wait_for_function("([c, b]) => c.toDataURL() !== b", arg=[handle, before])
    expect(view.locator(".sch-levels")).to_contain_text("−30 to 0 dB")


def test_odd_and_long_sounds_and_two_views_of_one(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path]
) -> None:
    """Ten minutes in stereo are drawn and panned, the file stays small; no length is told; two views share a selection."""
    shown = open_notebook(write_notebook(*LONG))
    shown.run_all()
    views = shown.locator(".sch-analysis")
    expect(views).to_have_count(4)
    expect(views.nth(2), "a sound of no length").to_contain_text("Nothing here lies in time")
    expect(views.nth(3), "markup stays text").to_contain_text("<b>bold</b>")
    assert views.nth(3).locator("b").count() == 0
    ten = views.first
    lane = ten.locator(".sch-lane canvas").first
    lane.scroll_into_view_if_needed()
    shown.page.wait_for_function(f"(canvas) => ({PAINTED})(canvas) > 3", arg=lane.element_handle())
    ten.locator(".sch-stage").focus()
    for _ in range(4):
        shown.page.keyboard.press("+")
    slowest_ms = shown.page.evaluate(PANNED, ten.locator(".sch-stage").element_handle())
    assert slowest_ms < 500, f"a frame took {slowest_ms} ms while panning"
    shown.kernel_value("[setattr(_explorers()[0], 'selection', (60, 120)), None][1]")
    for view in (ten, views.nth(1)):
        view.locator(".sch-stage").focus()
        shown.page.keyboard.press("0")
        expect(view.locator(".sch-region"), "both show what Python selects").to_be_visible()
    assert shown.save().stat().st_size < 1_000_000


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
    outputs = json.loads(saved.read_text())["cells"][2]["outputs"]
    assert [next(iter(set(o["data"]) - {"text/plain"})) for o in outputs][:2] == ["image/png", "text/html"]
    analysed.shut_down()
    _view(analysed).locator(".sch-stage").focus()
    for _ in range(4):
        analysed.page.keyboard.press("+")
    notice = _view(analysed).locator(".sch-notice")
    expect(notice, "the open page says that Python is gone").to_contain_text("Python is busy or gone", timeout=15_000)
    handle = _view(analysed).locator(".sch-lane canvas").first.element_handle()
    assert analysed.page.evaluate(PAINTED, handle) > 3, "and what is loaded is still drawn"
    again = open_notebook(saved)
    expect(again.locator(".jp-OutputArea-child img").first).to_be_visible()
    expect(again.locator(".schillinger-static")).to_be_visible()
    expect(again.page.get_by_text("Error displaying widget")).to_be_hidden()
    # JupyterLab's own word about a model whose kernel is gone; it is what this test is about.
    again.problems[:] = [problem for problem in again.problems if "widget model not found" not in problem]

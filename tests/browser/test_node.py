"""A node in JupyterLab: what the hand does reaches the kernel, and the other way round."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)

GAIN = "node = widgets.node_view(manager, 'gain_node')\nnode"


@pytest.fixture(scope="module")
def gain_notebook(open_notebook: Callable[..., Any], write_notebook: Callable[..., Path]) -> Any:
    """A notebook that shows the gain node, run."""
    shown = open_notebook(write_notebook(GAIN))
    shown.run_all()
    shown.locator(".sch-card").wait_for()
    return shown


@pytest.fixture
def gain(gain_notebook: Any) -> Any:
    """The same, as new."""
    gain_notebook.page.set_viewport_size({"width": 1280, "height": 1000})
    gain_notebook.kernel_value("node.reset()")
    expect(gain_notebook.locator(".sch-card").get_by_role("textbox", name="Gain")).to_have_value("0")
    return gain_notebook


def test_a_slider_moved_by_keyboard_reaches_the_kernel(gain: Any) -> None:
    """Five steps left are −0.5 dB in Python."""
    slider = gain.locator(".sch-card").get_by_role("slider", name="Gain")
    slider.focus()
    for _ in range(5):
        gain.page.keyboard.press("ArrowLeft")
    gain.wait_for_kernel("node.parameters['gain_db'] == -0.5")


def test_a_slider_dragged_reaches_the_kernel_and_runs(gain: Any) -> None:
    """The pointer moves the slider, Run runs the confined plugin with that value, the result is in Python."""
    slider = gain.locator(".sch-card").get_by_role("slider", name="Gain")
    box = slider.bounding_box()
    gain.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    gain.page.mouse.down()
    gain.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2, steps=5)
    gain.page.mouse.up()
    value = gain.wait_for_kernel("node.parameters['gain_db'] < -30 and node.parameters['gain_db']")
    assert -45 < value < -30
    gain.locator(".sch-card").get_by_role("button", name="Run").click()
    expect(gain.locator(".sch-status")).to_have_text(re.compile("done in"))
    ratio_db = gain.kernel_value(
        "float(20 * __import__('numpy').log10(abs(node.result['audio'].samples).max() / 0.25))"
    )
    assert ratio_db == pytest.approx(value, abs=0.1)


def test_a_value_set_in_python_moves_the_slider(gain: Any) -> None:
    """Assigning `parameters` in a cell is seen on the node."""
    gain.kernel_value("setattr(node, 'parameters', {'gain_db': -12.5, 'automation': [[0, 0], [1, -6]]})")
    expect(gain.locator(".sch-card").get_by_role("textbox", name="Gain")).to_have_value("−12.5")
    expect(gain.locator(".sch-curve circle")).to_have_count(2)


def test_a_curve_is_drawn_by_hand(gain: Any) -> None:
    """A double click adds a breakpoint, a drag moves it, Delete removes it."""
    curve = gain.locator(".sch-curve svg").first
    curve.scroll_into_view_if_needed()
    curve.dblclick(position={"x": 60, "y": 30})
    gain.wait_for_kernel("len(node.parameters['automation']) == 1")
    before = gain.kernel_value("node.parameters['automation'][0]")
    point = gain.locator(".sch-curve circle").first
    box = point.bounding_box()
    gain.page.mouse.move(box["x"] + 4, box["y"] + 4)
    gain.page.mouse.down()
    gain.page.mouse.move(box["x"] + 80, box["y"] + 30, steps=4)
    gain.page.mouse.up()
    gain.wait_for_kernel(f"node.parameters['automation'][0][0] > {before[0]}")
    gain.wait_for_kernel(f"node.parameters['automation'][0][1] < {before[1]}")
    point.focus()
    gain.page.keyboard.press("Delete")
    gain.wait_for_kernel("node.parameters['automation'] == []")


def test_a_wrong_number_is_refused_at_its_control(gain: Any) -> None:
    """Out of range is said beside the entry, with the limit; the kernel keeps the old value."""
    entry = gain.locator(".sch-card").get_by_role("textbox", name="Gain")
    entry.fill("99")
    entry.press("Enter")
    expect(gain.locator('[data-parameter="gain_db"] .sch-note')).to_have_text("above the maximum 24 dB")
    assert gain.kernel_value("node.parameters['gain_db']") == 0
    entry.press("Escape")
    expect(entry).to_have_value("0")


def test_presets_are_chosen_saved_and_found_again(gain: Any) -> None:
    """By name, by keyboard; the value is one parameter's own again at its button."""
    card = gain.locator(".sch-card")
    gain.kernel_value("setattr(node, 'parameters', {'gain_db': -9})")
    card.get_by_role("button", name="Save as").click()
    card.get_by_role("textbox", name="name of the preset").fill("Quiet")
    gain.page.keyboard.press("Enter")
    gain.wait_for_kernel("node.saved_presets.get('Quiet', {}).get('gain_db') == -9")
    card.get_by_role("button", name="reset Gain").click()
    gain.wait_for_kernel("node.parameters['gain_db'] == 0")
    card.get_by_role("combobox", name="preset").select_option("Quiet")
    gain.wait_for_kernel("node.parameters['gain_db'] == -9")
    card.get_by_role("button", name="delete preset Quiet").click()
    gain.wait_for_kernel("node.saved_presets == {}")


def test_who_goes_by_keyboard_keeps_his_place(gain: Any) -> None:
    """A control that is gone, or off, once its key was pressed leaves the focus to its neighbour, which isn't pressed."""
    card = gain.locator(".sch-card")
    card.get_by_role("button", name="Save as").focus()
    for key in ("Enter", "Q", "Enter"):
        gain.page.keyboard.press(key)
    gain.wait_for_kernel("'Q' in node.saved_presets")
    expect(card.get_by_role("button", name="Save as")).to_be_focused()
    expect(card.get_by_role("textbox", name="path of a file for Audio")).to_have_count(0)
    card.get_by_role("button", name="delete preset Q").focus()
    gain.page.keyboard.press("Enter")
    gain.wait_for_kernel("node.saved_presets == {}")
    expect(card.get_by_role("button", name="Save as")).to_be_focused()
    gain.kernel_value("setattr(node, 'parameters', {'gain_db': -9})")
    expect(card.get_by_role("button", name="Reset all")).to_be_enabled()
    card.get_by_role("button", name="Reset all").focus()
    gain.page.keyboard.press("Enter")
    gain.wait_for_kernel("node.parameters['gain_db'] == 0")
    expect(card.get_by_role("switch", name="Live")).to_be_focused()


def test_live_mode_hears_the_hand(gain: Any, tmp_path: Path) -> None:
    """A file is typed, one is sent, live mode switched on, a key pressed: the result is of the file with the new gain."""
    file = tmp_path / "ramp.wav"
    soundfile.write(file, np.linspace(0, 0.5, 8000), 8000)
    card = gain.locator(".sch-card")
    card.get_by_role("button", name="file for Audio").click()
    card.get_by_role("textbox", name="path of a file for Audio").fill(str(file))
    gain.page.keyboard.press("Enter")
    expect(card.locator(".sch-port-note")).to_contain_text("ramp.wav, Audio(1 ch, 1.000 s")
    expect(card.get_by_role("group", name=re.compile("Automation: curve"))).to_have_attribute(
        "aria-label", re.compile("over 1 s")
    )
    longer = tmp_path / "longer.wav"
    soundfile.write(longer, np.linspace(0, 0.5, 800_000), 8000)
    card.get_by_role("button", name="file for Audio").click()
    card.get_by_label("file of this computer for Audio").set_input_files(longer)
    expect(card.locator(".sch-port-note"), "sent by the page").to_contain_text("longer.wav, Audio(1 ch, 100.000 s")
    card.get_by_role("button", name="file for Audio").click()
    card.get_by_role("textbox", name="path of a file for Audio").fill(str(file))
    gain.page.keyboard.press("Enter")
    expect(card.locator(".sch-port-note")).to_contain_text("ramp.wav")
    card.get_by_role("switch", name="Live").click()
    slider = card.get_by_role("slider", name="Gain")
    slider.focus()
    gain.page.keyboard.press("End")
    gain.wait_for_kernel(
        "node.status == 'done' and not node.waiting and node.result.provenance.parameters['gain_db'] == 24 "
        "and node.result['audio'].frames == 8000"
    )
    card.get_by_role("switch", name="Live").click()
    gain.wait_for_kernel("not node.live")
    card.get_by_role("button", name="take Audio away").click()
    expect(card.locator(".sch-port-note")).to_contain_text("test tone")


def test_keys_in_a_node_do_not_reach_the_notebook(gain: Any) -> None:
    """`d d` on a focused slider deletes no cell, Delete on a curve's point no node."""
    gain.locator(".sch-card").get_by_role("slider", name="Gain").focus()
    for key in ("d", "d", "a", "b", "x", "Delete", "Backspace"):
        gain.page.keyboard.press(key)
    assert gain.page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length") == 2
    expect(gain.locator(".sch-card")).to_be_visible()


def test_the_page_scrolls_past_a_node(gain: Any) -> None:
    """The wheel over a node belongs to the page."""
    panel = gain.page.locator(".jp-WindowedPanel-outer").first
    gain.page.set_viewport_size({"width": 1000, "height": 420})
    gain.locator(".sch-card header").hover()
    before = panel.evaluate("(element) => element.scrollTop")
    gain.page.mouse.wheel(0, 200)
    gain.page.wait_for_function(
        "(was) => document.querySelector('.jp-WindowedPanel-outer').scrollTop !== was", arg=before
    )


def test_a_bare_instance_is_a_node_even_while_the_kernel_is_busy(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path: Path
) -> None:
    """Run all with a long cell after it: the node is drawn by the instance's name alone, and doesn't wait for an answer."""
    flag = tmp_path / "drawn"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(flag)!r}).exists():\n    time.sleep(0.05)"
    shown = open_notebook(write_notebook("manager.create_instance('gain_node')", wait))
    shown.run_all(wait=False)
    shown.locator(".sch-card").wait_for(timeout=60_000)
    flag.touch()
    shown.run_all()


def test_a_long_run_survives_a_reload_is_cancelled_and_told_when_it_fails(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], write_plugin: Callable[..., Path]
) -> None:
    """While a node runs, cells answer; a page loaded anew shows the run; Cancel ends it; the node can run again.

    A failure shows the plugin's own file and line, and text from the plugin stays text.
    """
    body = """
        self.context.progress(0.25, message="a quarter")
        if parameters["wait"]:
            await asyncio.sleep(600)
        if parameters["fail"]:
            raise ValueError("<img src=x onerror=alert(1)>")
        return {"y": 1}
    """
    definition = {
        "type": "slow",
        "label": "Slow",
        "inputs": [],
        "outputs": [{"name": "y", "type": "integer"}],
        "parameters": [
            {"name": "wait", "label": "Wait", "type": "boolean", "default": True},
            {"name": "fail", "label": "Fail", "type": "boolean"},
        ],
    }
    folder = write_plugin("slow", body=body, definition=definition)
    shown = open_notebook(write_notebook("node = widgets.node_view(manager, 'slow')\nnode", paths=(folder,)))
    shown.run_all()
    card, status = shown.locator(".sch-card"), shown.locator(".sch-status")
    card.get_by_role("button", name="Run").click()
    expect(status).to_have_text("25 % · a quarter")
    assert shown.kernel_value("1 + 1") == 2
    shown.save()
    shown.page.reload()  # half-way through: the run belongs to the kernel
    expect(status).to_have_text("25 % · a quarter", timeout=60_000)
    card.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text("cancelled")
    card.get_by_role("switch", name="Wait").click()
    card.get_by_role("button", name="Run").click()
    expect(status).to_have_text(re.compile("done in"))
    card.get_by_role("switch", name="Fail").click()
    card.get_by_role("button", name="Run").click()
    box = shown.locator(".sch-failure")
    expect(box).to_contain_text("<img src=x onerror=alert(1)>")
    expect(box.locator("img")).to_have_count(0)
    expect(box.locator("pre")).to_contain_text("main.py")


def test_a_parameter_s_file_is_typed_chosen_and_taken_away(
    open_notebook: Callable[..., Any], write_notebook: Callable[..., Path], tmp_path: Path
) -> None:
    """A path reaches the call that reads it, a file of the page's computer the kernel; what is wrong is told there."""
    ratios = ("16/15", "9/8", "6/5", "5/4", "4/3", "7/5", "3/2", "8/5", "5/3", "9/5", "15/8", "2/1")
    file = tmp_path / "just.scl"
    file.write_text("\n".join(("just", "12", *ratios)))
    shown = open_notebook(write_notebook("node = widgets.node_view(manager, 'scales_and_melodies')\nnode"))
    shown.run_all()
    card = shown.locator(".sch-card")
    path = card.get_by_role("textbox", name="Tuning")
    path.fill(str(file.with_name("other.scl")))
    path.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("there is no file")
    path.fill(str(file))
    path.press("Enter")
    expect(card.locator(".sch-file")).to_contain_text("just.scl, 58 bytes")
    if pictures := os.environ.get("SCHILLINGER_TEST_PICTURES"):
        card.screenshot(path=f"{pictures}/tuning.png")
    card.get_by_role("button", name="Run").click()
    shown.wait_for_kernel("node.status == 'done' and any(pitch % 1 for pitch in node.result['pitches'])")
    card.get_by_label("file of this computer for Tuning").set_input_files(file)
    shown.wait_for_kernel("node.parameters['tuning'] == {'name': 'just.scl', 'bytes': 58}")
    expect(path).to_have_value("just.scl")
    card.get_by_role("button", name="take Tuning away").press("Enter")
    shown.wait_for_kernel("node.parameters['tuning'] is None")
    card.get_by_role("button", name="Run").click()
    shown.wait_for_kernel("node.status == 'done' and not any(pitch % 1 for pitch in node.result['pitches'])")

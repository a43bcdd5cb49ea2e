import time, json, pytest
from pathlib import Path

pytestmark = pytest.mark.timeout(300)
CELL = """
import numpy as np
from schillinger_plugins import Flow
flow = Flow(manager, name="study", seed=1)
song = flow.input("song", type="audio", value=(np.sin(np.arange(44100)*0.06).astype(np.float32)*0.5, 22050))
gain = flow.add("gain_node", gain_db=-6, label="quieter")
room = flow.add("convolution_reverb")
analysis = flow.add("audio_analyzer")
form = flow.add("self_similarity")
song >> gain >> room >> analysis
gain >> form
"""


def test_look(open_notebook, write_notebook):
    t = time.time()
    shown = open_notebook(write_notebook(CELL, "flow"))
    shown.run_all()
    shown.locator(".sch-flow .react-flow__node").first.wait_for()
    shown.page.wait_for_timeout(1500)
    print("open", time.time() - t)
    shown.locator(".sch-flow").scroll_into_view_if_needed()
    shown.page.screenshot(path="/tmp/a1.png")
    print(shown.page.evaluate("document.querySelector('.react-flow__viewport').style.transform"))
    shown.locator(".sch-flow").get_by_role("button", name="Run", exact=True).click()
    shown.page.wait_for_timeout(1500)
    shown.page.screenshot(path="/tmp/a2.png")
    shown.wait_for_kernel("flow.last is not None")
    shown.page.wait_for_timeout(500)
    shown.page.screenshot(path="/tmp/a3.png")
    print(shown.problems)

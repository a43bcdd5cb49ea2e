import time, json, pytest

pytestmark = pytest.mark.timeout(300)
CELL = """
import numpy as np, threading, time
from schillinger_plugins import Flow
big = Flow(manager, name="big", seed=1)
s = big.input("song", type="audio", value=(np.ones(800, np.float32), 8000))
prev = [s]
for i in range(199):
    n = big.add("gain_node", gain_db=-1.0)
    prev[max(0, i - 8) if i % 10 else 0] >> n
    prev.append(n)
"""
MEASURE = """() => { window.fr = []; window.go = true; let last = performance.now();
 const tick = (t) => { const now = performance.now(); window.fr.push(now - last); last = now; if (window.go) requestAnimationFrame(tick); };
 requestAnimationFrame(tick); }"""


def stats(fr):
    fr = sorted(fr[1:])
    n = len(fr)
    return dict(
        n=n, mean=round(sum(fr) / n, 1), p50=round(fr[n // 2], 1), p95=round(fr[int(n * 0.95)], 1), max=round(fr[-1], 1)
    )


def test_look(open_notebook, write_notebook):
    t = time.time()
    shown = open_notebook(write_notebook(CELL, "big"))
    shown.run_all()
    shown.locator(".sch-flow .react-flow__node").first.wait_for()
    shown.page.wait_for_timeout(2500)
    shown.locator(".sch-flow").scroll_into_view_if_needed()
    shown.page.screenshot(path="/tmp/b1.png")
    print(
        shown.page.evaluate("document.querySelector('.react-flow__viewport').style.transform"),
        shown.locator(".sch-flow .react-flow__node").count(),
    )
    import sys

    cdp = shown.page.context.new_cdp_session(shown.page)

    def phase(name, do, prof=False):
        if prof:
            cdp.send("Profiler.enable")
            cdp.send("Profiler.setSamplingInterval", {"interval": 500})
            cdp.send("Profiler.start")
        shown.page.evaluate(MEASURE)
        m0 = {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}
        t = time.time()
        do()
        dt = time.time() - t
        m1 = {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}
        shown.page.evaluate("window.go=false")
        print(
            name,
            round(dt, 2),
            stats(shown.page.evaluate("window.fr")),
            {
                k: round(m1[k] - m0[k], 3)
                for k in (
                    "ScriptDuration",
                    "LayoutDuration",
                    "RecalcStyleDuration",
                    "TaskDuration",
                    "LayoutCount",
                    "RecalcStyleCount",
                )
            },
        )
        if prof:
            p = cdp.send("Profiler.stop")["profile"]
            json.dump(p, open("/tmp/prof.json", "w"))

    cdp.send("Performance.enable")

    def idle():
        shown.page.wait_for_timeout(1500)

    phase("idle", idle)
    # fake state updates, 10 a second: the kernel's own
    shown.kernel_value("""exec('''
import threading, time, random
from schillinger_plugins.widgets import flow_view
from schillinger_plugins.flow import FlowEvent
w = flow_view(big)
def storm():
    names=[n for n in big.graph.nodes if n != 'song']
    for k in range(40):
        for name in random.sample(names, 10):
            w.follow(FlowEvent(kind="node", node=name, state=random.choice(["running","done","queued"]), progress=random.random()))
        w.follow(FlowEvent(kind="progress", progress=k/40, message="x"))
        time.sleep(0.1)
''', globals())""")

    def storm():
        shown.kernel_value("""exec('th=threading.Thread(target=storm); th.start()', globals())""")
        shown.page.wait_for_timeout(4000)

    phase("storm", storm)
    shown.page.keyboard.press("Escape")
    shown.locator(".react-flow__pane").click(position={"x": 300, "y": 5})
    shown.page.keyboard.press("f")
    shown.page.wait_for_timeout(800)
    print(
        "all",
        shown.page.evaluate("document.querySelector('.react-flow__viewport').style.transform"),
        shown.locator(".sch-flow .react-flow__node").count(),
    )
    shown.page.screenshot(path="/tmp/b2.png")
    phase("storm all", storm)
    box = shown.locator(".react-flow__pane").bounding_box()

    def pan():
        m = shown.page.mouse
        m.move(box["x"] + 400, box["y"] + 5)
        m.down()
        for k in range(40):
            m.move(box["x"] + 400 - 4 * k, box["y"] + 5 + 2 * k)
        m.up()

    phase("pan", pan)
    nb = shown.locator(".sch-flow .react-flow__node").nth(90).bounding_box()
    cx, cy = nb["x"], nb["y"]
    shown.page.mouse.move(cx, cy)
    shown.page.keyboard.down("Control")
    for k in range(60):
        z = float(
            shown.page.evaluate("document.querySelector('.react-flow__viewport').style.transform").split("scale(")[1][
                :-1
            ]
        )
        if z > 0.36:
            break
        shown.page.mouse.wheel(0, -30)
        shown.page.wait_for_timeout(30)
    shown.page.keyboard.up("Control")
    print("zoom", z, shown.locator(".sch-flow .react-flow__node").count())
    shown.page.screenshot(path="/tmp/b3.png")
    phase("storm near", storm)
    phase("pan near", pan)
    shown.page.keyboard.press("f")
    shown.page.wait_for_timeout(800)
    phase(
        "run",
        lambda: (
            shown.kernel_value("big.start(anew=True) and 1"),
            shown.wait_for_kernel("big.running is None", timeout_s=60),
        ),
        prof=True,
    )
    phase(
        "run2",
        lambda: (
            shown.kernel_value("big.start(anew=True) and 1"),
            shown.wait_for_kernel("big.running is None", timeout_s=60),
        ),
    )
    print(shown.problems)

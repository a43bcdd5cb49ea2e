"""``context.cancelled``: for code that no exception reaches."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from schillinger_plugins import Instance

THREAD = """
if inputs["x"] == "ask": return {"y": self.context.cancelled}
done = []
def work():
    while not self.context.cancelled: time.sleep(0.002)
    done.append(True)
thread = threading.Thread(target=work); thread.start()
try:
    while True: time.sleep(0.01)
finally:
    thread.join()
    (self.context.scratch / "done").write_text(str(done))
"""


def test_a_thread_sees_that_the_call_was_interrupted(make: Callable[..., Instance]) -> None:
    """It ends by itself, and the next call begins as if nothing had been."""
    instance = make(THREAD)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        instance.execute({"x": "work"})
    assert instance.state == "ready"
    assert instance.execute({"x": "ask"})["y"] is False

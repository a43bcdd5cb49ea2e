"""A server that has run out of what its machine gives it: come again, it says, and goes on when there is some again."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.errors import FlowError
from schillinger_plugins.server import problems

from .conftest import Create
from .test_bare import NPY, npy
from .test_flows import node
from .test_sound import WAV, file_of

# asyncio says so itself of a loop that found no descriptor.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Every one that this process, and the server in it, may have is taken."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 3, before[1]))
    taken = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        for one in taken:
            os.close(one)


def test_without_descriptors_everybody_is_told_to_come_again(client: httpx.Client, create: Create) -> None:
    """Whatever needs one is answered with 503, what doesn't as ever; with some again all goes on."""
    execute = f"/api/plugins/instances/{create()}/execute"
    gain = client.post("/api/plugins/gain_node/instances").json()["id"]
    draft = {"flow": {"nodes": [node("one", "resultant_rhythm", a=3, b=2)], "edges": []}}

    def asked() -> dict[str, httpx.Response]:
        sound = client.post(f"/api/plugins/instances/{gain}/execute", content=file_of(), headers=WAV)
        return {
            "a call": client.post(execute, json={"inputs": {"x": 1}}),
            "an array": client.post(execute, content=npy(np.arange(3)), headers=NPY),
            "a sound": sound,
            "an instance": client.post("/api/plugins/gain_node/instances"),
            "flows": client.get("/api/flows"),
            "a draft": client.post("/api/flows/runs", json=draft, params={"wait": "true"}),
        }

    assert {name: one.status_code for name, one in asked().items() if not one.is_success} == {}
    with no_descriptor_left():
        scarce = asked()
    assert scarce["a call"].status_code == scarce["an array"].status_code == 200
    for name in ("a sound", "an instance", "a draft"):
        assert (scarce[name].status_code, scarce[name].headers["Retry-After"]) == (503, "1"), scarce[name].text
        assert "Too many open files" in scarce[name].json()["detail"], name
        assert "ulimit -n" in scarce[name].json()["remedy"], name
    assert {name: one.status_code for name, one in asked().items() if not one.is_success} == {}


def test_what_the_system_refuses_a_route_is_no_failure_of_the_servers(client: httpx.Client) -> None:
    """A folder that can't be listed for want of a descriptor is one more reason to come again."""
    assert client.put("/api/flows/study", json={"nodes": [], "edges": []}).status_code == 201
    with no_descriptor_left():
        refused = client.get("/api/flows")
    assert (refused.status_code, refused.json()["title"]) == (503, "NoRoom"), refused.text
    assert refused.headers["Retry-After"] == "1"
    assert client.get("/api/flows").json()["total"] == 1


def test_a_flow_that_cannot_be_run_has_failed(manager: PluginManager) -> None:
    """Also where not even its first node was come to: it doesn't pass for one that gave nothing."""
    flow = Flow(manager)
    one = flow.add("resultant_rhythm", a=3, b=2)
    with no_descriptor_left():
        run = flow.start().wait(30)
    assert run.states == {one.id: "failed"}
    with pytest.raises(FlowError, match="Too many open files"):
        run.demand_success()
    flow.close()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(28, "No space left on device"), 503),
        (MemoryError(), 503),
        (OSError(5, "I/O error"), None),
        (KeyError(), None),
    ],
)
def test_what_is_scarce_is_told_from_what_nobody_foresaw(error: Exception, status: int | None) -> None:
    """A full disk and memory that is gone are; a broken disk and a slip in the code are not."""
    problem = problems.problem_of_any(error)
    assert (problem.status if problem is not None else None) == status

"""A plugin that fetches: from its own code, through the channel and the broker, to a server and back."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import LimitExceeded, PluginExecutionError, ProtocolViolation
from schillinger_plugins.loader import inspect
from schillinger_plugins.sandbox import worker as worker_module

from .conftest import Serve, reply

NETWORK = {"requires_permissions": ["execute", "network"]}
FETCH = """
reply = await self.context.fetch(**inputs['x'])
return {'y': [reply.status, reply.headers.get('x-one', ''), np.frombuffer(reply.body, np.uint8)]}
"""


@pytest.fixture
def fetching(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., Instance]:
    """An instance of a plugin that fetches what it is told, and was granted `hosts`."""

    def make(*hosts: str, body: str = FETCH) -> Instance:
        folder = write_plugin(body=body, **NETWORK)
        manager.registry.register(inspect(folder))
        manager.grant("probe", "network", hosts=list(hosts))
        return manager.create_instance("probe")

    return make


@pytest.mark.parametrize("size", [0, 10, 24 * 1024, 24 * 1024 + 1, 3_000_000])
def test_a_reply_of_any_length_arrives(serve: Serve, fetching: Callable[..., Instance], size: int) -> None:
    """Small and long bodies come through the channel whole, piece by piece."""
    server = serve(reply(b"z" * size, headers="X-One: 1\r\n"))
    url = f"http://127.0.0.1:{server.port}/"
    status, header, body = fetching(f"127.0.0.1:{server.port}").execute({"x": {"url": url}})["y"]
    assert (status, header, body.size) == (200, "1", size)
    assert (body == ord("z")).all()


def test_a_long_body_is_sent(serve: Serve, fetching: Callable[..., Instance]) -> None:
    """What is longer than a frame goes through the segment."""
    server = serve(reply())
    asked = {"url": f"http://127.0.0.1:{server.port}/", "method": "POST", "body": b"q" * 1_000_000}
    fetching(f"127.0.0.1:{server.port}").execute({"x": asked})
    assert server.requests[0].endswith(b"q" * 1_000_000)


def test_it_fetches_under_asyncio_too(serve: Serve, fetching: Callable[..., Instance]) -> None:
    """The other door serves requests without holding up the loop."""
    server = serve(reply(b"z" * 100_000))
    instance = fetching(f"127.0.0.1:{server.port}")

    async def both() -> list[int]:
        asked = {"x": {"url": f"http://127.0.0.1:{server.port}/"}}
        return [(await instance.aexecute(asked))["y"][0] for _ in range(2)]

    assert asyncio.run(both()) == [200, 200]


def test_another_host_is_refused_and_traced(
    serve: Serve, fetching: Callable[..., Instance], manager: PluginManager
) -> None:
    """The plugin sees a PermissionError with the line that grants it; the trace has the request, as the host saw it."""
    server = serve(reply())
    instance = fetching("example.org")
    with pytest.raises(PluginExecutionError) as caught:
        instance.execute({"x": {"url": f"http://127.0.0.1:{server.port}/?key=secret"}})
    assert caught.value.exception_type == "PermissionError"
    assert f"%plugin grant probe network --host 127.0.0.1:{server.port}" in str(caught.value)
    assert not server.requests
    (event,) = [event for event in manager.trace("probe") if event.kind == "fetch" and event.instance_id == instance.id]
    assert (event.source, "refused" in event.what, "secret" in event.what) == ("host", True, False)
    # The journal has the log's lines, each with its run: so it has this denial.
    (line,) = [one for one in manager.logs("probe") if "was refused" in one.text]
    assert (line.level, line.instance_id, "secret" in line.text) == ("host", instance.id, False)
    assert line.run_id == instance.log.run_id != ""


def test_without_the_permission_nothing_is_fetched(serve: Serve, make: Callable[..., Instance]) -> None:
    """A plugin that asked for no network is refused in the same words."""
    server = serve(reply())
    with pytest.raises(PluginExecutionError, match=r"PermissionError.*may not reach"):
        make(FETCH).execute({"x": {"url": f"http://127.0.0.1:{server.port}/"}})
    assert not server.requests


def test_a_failed_request_is_the_plugins_to_handle(serve: Serve, fetching: Callable[..., Instance]) -> None:
    """A request that fails is an OSError in the plugin, which may go on."""
    server = serve(lambda connection, _: connection.sendall(b"nonsense\r\n\r\n"))
    body = (
        f"try: await self.context.fetch('http://127.0.0.1:{server.port}/')\nexcept OSError: return {{'y': 'went on'}}"
    )
    assert fetching(f"127.0.0.1:{server.port}", body=body).execute()["y"] == "went on"


@pytest.mark.parametrize(
    "frame",
    [
        "frames.More()",
        "frames.Fetch('GET', 'http://x/', {}, frames.Body(b'', 0, 1 << 40), 1.0)",
        "frames.Fetch('GET', 'http://x/', {}, frames.Body(b'', -5, 3), 1.0)",
    ],
)
def test_forged_requests_are_violations(make: Callable[..., Instance], frame: str) -> None:
    """A piece of nothing, or a body outside the segment, ends the worker, and the next call works."""
    instance = make(
        "if inputs.get('x') != 'now': return {'y': 'fine'}\n"
        "from schillinger_plugins.protocol import frames\n"
        f"os.write(3, frames.encode({frame})); time.sleep(60)"
    )
    with pytest.raises(ProtocolViolation):
        instance.execute({"x": "now"})
    assert instance.execute()["y"] == "fine"


def test_the_wall_limit_holds_while_the_host_fetches(serve: Serve, fetching: Callable[..., Instance]) -> None:
    """A server that never answers costs a call no more time than it has, at either door, and the next call works."""
    released = threading.Event()
    server = serve(lambda connection, _: released.wait(30) and None)
    asked = {"x": {"url": f"http://127.0.0.1:{server.port}/", "timeout_s": 30.0}}
    instance = fetching(f"127.0.0.1:{server.port}", body=f"if not inputs.get('x'): return {{'y': 1}}\n{FETCH}")
    for call in (instance.execute, lambda *a, **k: asyncio.run(instance.aexecute(*a, **k))):
        began_s = time.monotonic()
        with pytest.raises(LimitExceeded):
            call(asked, limits={"wall_s": 1})
        assert time.monotonic() - began_s < 10
        assert instance.execute()["y"] == 1
    released.set()


class Silent:
    """A server that takes requests and answers none; knows when one has come, and when its connection has ended."""

    def __init__(self, serve: Serve) -> None:
        self.arrived, self.left = threading.Event(), threading.Event()
        self.server = serve(self._never)
        self.place = f"127.0.0.1:{self.server.port}"
        self.asked = {"x": {"url": f"http://{self.place}/", "timeout_s": 60.0}}

    def _never(self, connection: socket.socket, _: bytes) -> None:
        self.arrived.set()
        connection.settimeout(60)
        assert not connection.recv(1)
        self.left.set()


def interrupted(instance: Instance, silent: Silent) -> None:
    """A call that Ctrl-C breaks off once its request has come."""

    def press() -> None:
        assert silent.arrived.wait(20)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        instance.execute(silent.asked)
    presser.join(20)


def cancelled(instance: Instance, silent: Silent) -> None:
    """A call whose task is cancelled once its request has come."""

    async def run() -> None:
        task = asyncio.create_task(instance.aexecute(silent.asked))
        assert await asyncio.to_thread(silent.arrived.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


TOLD = """
if not inputs.get('x'):
    return {'y': [os.getpid(), getattr(self, 'told', None)]}
try:
    return {'y': (await self.context.fetch(**inputs['x'])).body}
except BaseException as error:
    self.told = [type(error).__name__, self.context.cancelled]
    AFTER
    raise
"""


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time to stop also on a machine that is busy with other things."""
    monkeypatch.setattr(worker_module, "CANCEL_GRACE_S", 20.0)


@pytest.mark.usefixtures("no_hurry")
@pytest.mark.parametrize("break_off", [interrupted, cancelled])
def test_breaking_off_ends_the_request_and_the_worker_stays(
    serve: Serve, fetching: Callable[..., Instance], manager: PluginManager, break_off: Callable[..., None]
) -> None:
    """At either door: the connection ends, the plugin is told as ever, its worker goes on, and fetches again."""
    silent = Silent(serve)
    answering = serve(reply())
    place = f"127.0.0.1:{answering.port}"
    instance = fetching(silent.place, place, body=TOLD.replace("AFTER", "pass"))
    pid = instance.execute()["y"][0]
    break_off(instance, silent)
    assert silent.left.wait(20)
    assert instance.state == "ready"
    assert instance.execute()["y"] == [pid, ["KeyboardInterrupt", True]]
    assert instance.execute({"x": {"url": f"http://{place}/"}})["y"] == b"fine"
    assert instance.stats.restarts == 0
    (event, _) = [one for one in manager.trace("probe") if one.kind == "fetch" and one.instance_id == instance.id]
    assert "failed: the call was interrupted" in event.what


@pytest.mark.usefixtures("no_hurry")
@pytest.mark.parametrize("break_off", [interrupted, cancelled])
def test_nothing_is_fetched_for_a_call_that_was_broken_off(
    serve: Serve, fetching: Callable[..., Instance], break_off: Callable[..., None]
) -> None:
    """A plugin that asks once more instead of stopping is refused at once: the server hears nothing."""
    silent = Silent(serve)
    again = "try: await self.context.fetch(**inputs['x'])\n    except OSError as error: self.told.append(str(error))"
    instance = fetching(silent.place, body=TOLD.replace("AFTER", again))
    pid = instance.execute()["y"][0]
    break_off(instance, silent)
    last_pid, told = instance.execute()["y"]
    assert (last_pid, told[0]) == (pid, "KeyboardInterrupt")
    assert "the call was interrupted: nothing is fetched for it any more" in told[2]
    assert len(silent.server.requests) == 1


@pytest.mark.parametrize("break_off", [interrupted, cancelled])
def test_a_plugin_that_does_not_stop_is_ended(
    serve: Serve, fetching: Callable[..., Instance], break_off: Callable[..., None]
) -> None:
    """One that goes on after its request was broken off is given a second, as ever; the next call works."""
    silent = Silent(serve)
    instance = fetching(silent.place, body=TOLD.replace("AFTER", "[None for _ in iter(int, 1)]"))
    pid = instance.execute()["y"][0]
    began_s = time.monotonic()
    break_off(instance, silent)
    assert time.monotonic() - began_s < 20
    assert instance.execute()["y"][0] != pid

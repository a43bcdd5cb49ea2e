"""Plugins that ask a service outside: it is spared, and its silence is no failure."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import Report, examine
from schillinger_plugins.loader import inspect

SOURCE = (Path(__file__).parent / "good" / "asks_outside.py").read_text()


class Service(BaseHTTPRequestHandler):
    """Answers 7, after a while if it is slow."""

    after_s = 0.0

    def do_GET(self) -> None:
        time.sleep(self.after_s)
        with contextlib.suppress(BrokenPipeError):  # whoever asked was interrupted
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"7")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[HTTPServer]:
    """A service on loopback."""
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def tested(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., Report]:
    """Test the plugin that asks 127.0.0.1 at a port."""

    def tested(port: int, *only: str, replaced: tuple[str, str] = ("", "")) -> Report:
        source = SOURCE.replace("PORT", str(port))
        assert replaced[0] in source
        folder = write_plugin(
            "asks_outside",
            main=source.replace(*replaced) if replaced[0] else source,
            plugin_type="INTEGRATION",
            requires_permissions=["execute", "network"],
        )
        manager.registry.register(inspect(folder))
        manager.grant("asks_outside", "network", hosts=[f"127.0.0.1:{port}"])
        return examine(manager, "asks_outside", only=only)

    return tested


def test_a_service_is_asked_but_not_hundreds_of_times(service: HTTPServer, tested: Callable[..., Report]) -> None:
    """What needs few calls is tried, and its use of the network agrees with its manifest; what needs many is skipped."""
    report = tested(service.server_port, "example", "seed", "used", "memory", "reload")
    assert {outcome.check: outcome.verdict for outcome in report.outcomes} == {
        "example": "passed",
        "seed": "passed",
        "used": "passed",
        "reload": "skipped",
        "memory": "skipped",
    }
    assert "spared this many calls" in report.skipped[0].message
    assert report.passed[-1].message == ""


def test_a_service_that_is_silent_is_no_fault_of_the_plugins(tested: Callable[..., Report]) -> None:
    """Nobody answers: the checks that need an answer are skipped, with the reason, and the report is no good one."""
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        port = server.server_port
    report = tested(port, "example", "seed")
    assert not report.failed
    assert not report.ok
    assert repr(report).startswith("asks_outside 1.0.0: inconclusive, 2 that apply were not tried: it needs a service")
    assert [outcome.verdict for outcome in report.outcomes] == ["skipped", "skipped"]
    assert "it needs a service outside, and got no answer" in report.outcomes[0].message


def test_an_interrupt_while_the_host_fetches_is_tried(
    service: HTTPServer, tested: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its call ends with the request, its process goes on, and the next call is right."""
    monkeypatch.setattr(Service, "after_s", 0.5)
    (outcome,) = tested(service.server_port, "cancel").outcomes
    assert (outcome.verdict, outcome.message) == ("passed", "")


def test_who_asks_again_and_again_after_an_interrupt_is_found(
    service: HTTPServer, tested: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin that takes the end of its request for an accident of the network goes on, and its process has to be ended."""
    monkeypatch.setattr(Service, "after_s", 0.5)
    stubborn = f"""
        while True:
            try:
                reply = await self.context.fetch("http://127.0.0.1:{service.server_port}/")
                break
            except BaseException:
                continue
    """
    asking = f'        reply = await self.context.fetch("http://127.0.0.1:{service.server_port}/")'
    (outcome,) = tested(service.server_port, "cancel", replaced=(asking, stubborn.strip("\n").rstrip())).outcomes
    assert outcome.verdict == "failed"
    assert "went on after it was interrupted" in outcome.message

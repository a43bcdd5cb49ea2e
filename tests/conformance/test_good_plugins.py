"""Plugins that are good: the suite finds nothing."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import GROUPS, Report, examine
from schillinger_plugins.conformance.checks import CHECKS
from schillinger_plugins.loader import inspect

PLUGINS = Path(__file__).parents[2] / "plugins"
EXAMPLES = sorted(path.parent.name for path in PLUGINS.glob("*/plugin.json"))
RECORDING = {"id": "b1a9c0e9-d987-4042-ae91-78d6a3267d69", "score": 100, "title": "Cheek to Cheek", "length": 355_000}


def test_the_gain_node_passes_everything(manager: PluginManager) -> None:
    """Every check that applies to the Gain Node passes, and so do its author's tests, confined."""
    report = examine(manager, "gain_node")
    assert report.ok, report.failures_only()
    assert {outcome.group for outcome in report.passed} == {*GROUPS, "tests"} - {"streaming"}


@pytest.mark.parametrize("plugin_id", [name for name in EXAMPLES if name not in ("gain_node", "musicbrainz_lookup")])
def test_every_example_passes_everything(manager: PluginManager, plugin_id: str) -> None:
    """All of the suite, whatever is added to plugins/; their own tests are run by this very pytest."""
    report = examine(manager, plugin_id, with_author_tests=False)
    assert report.ok, report.failures_only()
    assert len(report.outcomes) == len(CHECKS)
    assert {"agreement", "repeatability", "endurance", "permissions"} <= {outcome.group for outcome in report.passed}
    assert {"cancel", "reload", "memory"} <= {outcome.check for outcome in report.passed}


@pytest.fixture
def musicbrainz() -> Iterator[int]:
    """The port of a service on loopback that finds one recording, whatever is asked for."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"count": 1, "offset": 0, "recordings": [RECORDING]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_lookup_passes_the_suite(manager: PluginManager, musicbrainz: int, tmp_path: Path) -> None:
    """With a grant, a contact and a service that answers; only what would ask that hundreds of times is passed over."""
    folder = shutil.copytree(PLUGINS / "musicbrainz_lookup", tmp_path / "musicbrainz_lookup")
    manifest = json.loads((folder / "plugin.json").read_text())
    manifest["default_config"] = {
        "contact": "tests@example.org",
        "base_url": f"http://127.0.0.1:{musicbrainz}/ws/2",
        "interval_s": 0,
    }
    (folder / "plugin.json").write_text(json.dumps(manifest))
    manager.registry.unregister("musicbrainz_lookup")
    manager.registry.register(inspect(folder))
    try:
        manager.grant("musicbrainz_lookup", "network", hosts=[f"127.0.0.1:{musicbrainz}"])
        report = examine(manager, "musicbrainz_lookup", with_author_tests=False)
    finally:
        manager.unload("musicbrainz_lookup")
        manager.registry.unregister("musicbrainz_lookup")
        manager.discover()
    assert report.ok, report.failures_only()
    assert {"example", "descriptors", "seed", "state", "used", "written"} <= {
        outcome.check for outcome in report.passed
    }
    assert {outcome.check for outcome in report.skipped if "spared" in outcome.message} >= {"memory", "reload"}
    assert not any(outcome.is_uncalled for outcome in report.outcomes)


def test_an_effect_with_all_that_a_stream_has_passes(tried: Callable[..., Report]) -> None:
    """Declared latency and tail, an automatable parameter, state from block to block: no check skips, none complains."""
    report = tried("look_ahead", "streaming", "signals", "formats", "parameters", "repeatability")
    assert report.ok, report.failures_only()
    assert [outcome.check for outcome in report.skipped] == ["generator"]


def test_what_an_effect_adds_by_itself_is_neither_late_nor_a_tail(tried: Callable[..., Report]) -> None:
    """A hum louder than the sound, and a second input that no stream has, confuse no check."""
    report = tried("hums", "streaming")
    assert report.ok, report.failures_only()


def test_state_in_plain_data_passes(tried: Callable[..., Report]) -> None:
    """A node whose calls differ from each other, as its state says, is right to do so."""
    report = tried("counts", "repeatability", "endurance")
    assert report.ok, report.failures_only()

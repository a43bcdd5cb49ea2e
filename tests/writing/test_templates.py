"""``%plugin new``, ``path``, ``edit``, ``export``, and the templates themselves."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.authoring import TYPES, new
from schillinger_plugins.conformance import examine
from schillinger_plugins.conformance.checks import CHECKS
from schillinger_plugins.errors import InputError, PackageError
from schillinger_plugins.types import Audio
from tests.conftest import Cell


@pytest.fixture
def service() -> Iterator[str]:
    """Where a service listens that finds three things, whatever is asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(ConnectionError):  # whoever asked was interrupted
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"results": [1, 2, 3]}')

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


TRIED_ELSEWHERE = {"memory", "block-sizes", "irregular-blocks", "reset", "latency", "tail"}
"""Checks that take seconds, about what no template has; of the example plugins `tests/conformance` tries them."""


@pytest.mark.parametrize("kind", TYPES)
def test_every_template_is_a_plugin_that_works(
    shared_manager: PluginManager, tmp_path: Path, service: str, kind: str
) -> None:
    """It loads, and passes the suite and its own tests, confined: not one type has all of them skipped."""
    folder = new(f"a_new_{kind}", kind, tmp_path)
    manager = shared_manager
    config = {}
    if kind == "integration":
        manager.grant(folder, "network", hosts=[service])
        config = {"service": f"http://{service}/search"}
    try:
        plugin_id = manager.load(folder).id
        assert manager.plugins[plugin_id].manifest.metadata.plugin_type == kind.upper()  # type: ignore[union-attr]  # it is sound
        checks = [check.id for check in CHECKS if check.id not in TRIED_ELSEWHERE]
        if kind == "workflow":  # each of its calls is those of all its steps, which are tried by themselves
            checks = ["agreement", "parameters", "permissions", "seed"]
        report = examine(manager, plugin_id, only=[*checks, "tests"], config=config)
        assert report.ok, report.failures_only()
        assert "tests" in [outcome.group for outcome in report.passed]
    finally:
        manager.unload(plugin_id)
        manager.registry.unregister(plugin_id)


def test_the_steps_of_a_new_workflow_follow_each_other(manager: PluginManager, tmp_path: Path) -> None:
    """What its own tests ask of it outside a worker, where steps are run: the analysis is of the quieter sound."""
    for needed in ("gain_node", "audio_analyzer"):
        manager.load(Path(__file__).parents[2] / "plugins" / needed)
    instance = manager.create_instance(manager.load(new("in_steps", "workflow", tmp_path)).id)
    sound = Audio(np.random.default_rng(4).uniform(-0.5, 0.5, (1, 22_050)), 22_050)
    louder, quieter = (instance.execute({"audio": sound}, {"gain_db": gain_db}) for gain_db in (0, -20))
    assert quieter["peak"] == pytest.approx(louder["peak"] / 10, rel=1e-3)
    assert louder["summary"]["rms_dbfs"] - quieter["summary"]["rms_dbfs"] == pytest.approx(20, abs=0.1)


def test_a_new_integration_that_nobody_answers_was_not_tried(shared_manager: PluginManager, tmp_path: Path) -> None:
    """Nobody answers at example.org: the report must not look like that of a plugin that was tried."""
    folder = new("a_new_integration", "integration", tmp_path)
    shared_manager.grant(folder, "network")
    try:
        report = examine(shared_manager, shared_manager.load(folder).id, only=["agreement"])
        assert (report.failed, bool(report.inconclusive)) == ((), True)
    finally:
        shared_manager.unload("a_new_integration")
        shared_manager.registry.unregister("a_new_integration")


def test_what_templates_write_is_typed_and_formatted(tmp_path: Path) -> None:
    """All eight pass mypy --strict, and ruff's formatter has nothing to do."""
    for kind in TYPES:  # under other names, since one run of mypy takes one module called main
        shutil.copy(new(f"a_new_{kind}", kind, tmp_path) / "main.py", tmp_path / f"main_of_{kind}.py")
    here = Path(__file__).parents[2]
    typed = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(here / ".mypy_cache")]
    files = [f"main_of_{kind}.py" for kind in TYPES]
    done = subprocess.run([*typed, *files], capture_output=True, text=True, cwd=tmp_path, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    formatted = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length", "120", str(tmp_path)]
    done = subprocess.run(formatted, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["", "A", "1st", "a-b", "a b", "../a", "a" * 65, "ä", ".a"])
def test_a_name_that_can_not_be(tmp_path: Path, name: str) -> None:
    """Refused before anything is written."""
    with pytest.raises(InputError, match="can't be a plugin's id"):
        new(name, "node", tmp_path)
    assert not list(tmp_path.rglob("plugin.json"))


def test_an_authors_linter_has_nothing_to_say(tmp_path: Path) -> None:
    """Of all eight, code and tests, as ruff runs in a folder of theirs, the order of imports included."""
    for kind in TYPES:
        new(f"a_new_{kind}", kind, tmp_path)
    rules = ["--isolated", "--no-cache", "--line-length=120", "--extend-select=I"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rules, "."], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    """A folder with something in it; an empty one is taken."""
    (tmp_path / "mine").mkdir()
    assert new("mine", "node", tmp_path) == tmp_path / "mine"
    with pytest.raises(PackageError, match="is there already"):
        new("mine", "node", tmp_path)


def test_a_template_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole or not at all."""
    from schillinger_plugins.authoring import new as module

    def fails(*_: object) -> dict[str, str]:
        return {"a.py": "x", "b/c.py": object()}  # type: ignore[dict-item]  # wrong on purpose

    monkeypatch.setattr("schillinger_plugins.authoring.new._rendered", fails, raising=False)
    monkeypatch.setitem(module.__globals__, "_rendered", fails)
    with pytest.raises(AttributeError):
        new("mine", "node", tmp_path)
    assert [path for path in tmp_path.iterdir() if "mine" in path.name] == []


def test_from_a_template_to_an_archive(cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """new, path, edit, validate --run, export: each says what to do next."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITOR", "sed --in-place '1i # opened'")
    assert "a_mixer is in" in repr(cell("%plugin new a_mixer --type node --dir 'my plugins'")[0])
    assert repr(cell("%plugin path a_mixer")[0]) == str(tmp_path / "my plugins" / "a_mixer")
    assert "%plugin reload a_mixer" in repr(cell("%plugin edit a_mixer")[0])
    assert (tmp_path / "my plugins" / "a_mixer" / "main.py").read_text().startswith("# opened\n")
    assert "its code was imported" in repr(cell("%plugin validate a_mixer --run")[0])
    assert "%plugin load" in repr(cell("%plugin export a_mixer --to copy")[0])
    assert (tmp_path / "copy" / "tests" / "test_a_mixer.py").is_file()
    assert "%plugin install" in repr(cell("%plugin export a_mixer --to a.zip --archive")[0])
    assert zipfile.is_zipfile("a.zip")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("new", "a plugin's id is missing"),
        ("new a b", "too much: 'b'"),
        ("new a_b --type efect", "did you mean effect?"),
        ("new a_b --tipe effect", "did you mean --type?"),
        ("new a_b --dir", "--dir needs a value"),
        ("new a_b --dir 'x", "close the quote"),
        ("export gain_nod", "did you mean 'gain_node'?"),
    ],
)
def test_a_slip_in_the_line(cell: Cell, line: str, says: str) -> None:
    """Is named, with what was meant."""
    _, printed, error = cell(f"%plugin {line}")
    assert error is not None
    assert says in printed


def test_an_export_overwrites_nothing(cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there already stays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gain_node").mkdir()
    _, printed, _ = cell("%plugin export gain_node")
    assert "is there already" in printed


def test_an_id_that_is_taken_leaves_nothing(cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template in the place of a plugin that is there would be a second one of that id."""
    monkeypatch.chdir(tmp_path)
    _, _, error = cell("%plugin new gain_node --type effect")
    assert "there is a plugin of that id already" in str(error)
    assert not (tmp_path / "gain_node").exists()


def test_what_a_template_recommends_can_be_done(
    cell: Cell, manager: PluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where something has to be granted first, and in another folder: the lines that are printed all work."""
    told = repr(cell(f"%plugin new asks --type integration --dir {tmp_path / 'elsewhere'}")[0])
    assert "next: %plugin grant asks network; " in told
    assert "main.py" in repr(cell("%plugin edit asks")[0])
    assert manager.plugins["asks"].state == "discovered"

"""What breaks under load: a worker, the zygote, the database, the server itself. Nothing is lost, no answer is wrong."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.journal import Journal, Retention
from schillinger_plugins.permissions import current_user
from schillinger_plugins.server import Scope, Server

from ..journal import postgresql
from .conftest import ANY
from .load import CLIENTS, Load

WritePlugin = Callable[..., Path]
Place = Path | str

ECHO = "return {'y': inputs['x']}"
SERVE = """
import sys
from schillinger_plugins import PluginManager
from schillinger_plugins.journal import Retention
from schillinger_plugins.server import Server
with PluginManager(retention=Retention()) as manager:
    manager.load(sys.argv[1])
    server = Server(manager, port=0)
    print(server.url, server.token, flush=True)
    server.run()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the journal of the test is."""
    file = tmp_path / "journal" / "journal.db"
    monkeypatch.setenv("SCHILLINGER_JOURNAL", str(file))
    return file


class Loaded:
    """A server, a few instances, and the load on them."""

    def __init__(self, server: Server, manager: PluginManager) -> None:
        self.server, self.manager = server, manager
        self.headers = {"Authorization": f"Bearer {server.access.issue(Scope.RUN, user='ada')}"}
        with httpx.Client(base_url=server.url, headers=self.headers, timeout=60, trust_env=False) as client:
            self.instances = [client.post("/api/plugins/probe/instances").json()["id"] for _ in range(CLIENTS)]
        self.load = Load(server.url, self.headers, self.instances)


@pytest.fixture
def make_loaded(own_places: None, write_plugin: WritePlugin) -> Iterator[Callable[[], Loaded]]:
    """Begin a server whose manager writes the journal of the environment."""
    begun: list[Loaded] = []

    def make_loaded() -> Loaded:
        manager = PluginManager(retention=Retention())
        manager.load(write_plugin(body=ECHO, definition=ANY))
        server = Server(manager, port=0)
        server.start()
        begun.append(Loaded(server, manager))
        return begun[-1]

    yield make_loaded
    for one in begun:
        one.server.stop()
        one.manager.close()


def demand_recorded(load: Load, place: Place, *, after: int = 0, user: str = "ada") -> None:
    """Every call whose result was told is in the journal once, as done, and in the name of who called."""
    found: dict[str, list[tuple[str, str]]] = {}
    for ran in Journal(place).runs():
        found.setdefault(ran.run_id, []).append((ran.outcome, ran.user))
    assert load.right[after:]
    for one in load.right[after:]:
        assert found[one.said["id"]] == [("done", user)]


def test_a_worker_that_is_killed_costs_its_call_alone(make_loaded: Callable[[], Loaded], place: Path) -> None:
    """That is a problem of its own; the same instance answers the next one."""
    one = make_loaded()
    with one.load as load:
        load.more()
        for _ in range(3):
            worker = one.manager.instances[one.instances[0]]._worker
            if worker is not None:
                worker._signal(signal.SIGKILL)
            load.more()
    load.demand_clean("WorkerCrashed")
    assert one.manager.recorder.flush(30)
    demand_recorded(load, place)


def test_a_zygote_that_is_killed_costs_no_call(make_loaded: Callable[[], Loaded], place: Path) -> None:
    """Workers go with it, and another is begun; calls that were under way say so."""
    one = make_loaded()
    with one.load as load:
        load.more()
        one.manager._sandbox._zygotes["base"]._process.send_signal(signal.SIGKILL)
        load.more()
        worker = one.manager.instances[one.instances[0]]._worker
        if worker is not None:
            worker._signal(signal.SIGKILL)  # so that one is needed
        load.more()
    load.demand_clean("WorkerCrashed")
    assert one.manager.recorder.flush(30)
    demand_recorded(load, place)


def test_a_database_that_is_locked_keeps_no_call(make_loaded: Callable[[], Loaded], place: Path) -> None:
    """Calls are answered meanwhile, and when it is free they are all written."""
    one = make_loaded()
    with one.load as load:
        load.more()
        assert one.manager.recorder.flush(30)
        with closing(sqlite3.connect(place, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            load.more()
            other.execute("ROLLBACK")
        load.more()
    load.demand_clean()
    assert len(load.right) == len(load.answers)
    load.until(lambda: one.manager.recorder.flush(10))
    demand_recorded(load, place)
    assert one.manager.recorder.dropped == 0


def test_a_database_that_is_removed_is_begun_anew(make_loaded: Callable[[], Loaded], place: Path) -> None:
    """No call fails of it; what is called afterwards is in the new one."""
    one = make_loaded()
    with one.load as load:
        load.more()
        for path in place.parent.glob("journal.db*"):
            if path.is_file():
                path.unlink()
        load.until(place.exists)
        load.until(lambda: one.manager.recorder.flush(10))  # it may be seen before it has its tables
        before = len(load.right) + CLIENTS
        load.more()
    load.demand_clean()
    assert len(load.right) == len(load.answers)
    assert one.manager.recorder.flush(30)
    demand_recorded(load, place, after=before)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")
def test_a_disk_that_is_full_keeps_no_call(
    make_loaded: Callable[[], Loaded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls are answered meanwhile; when there is room again they are written."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)], capture_output=True).returncode:
        pytest.skip("may not mount")
    try:
        place = disk / "journal.db"
        monkeypatch.setenv("SCHILLINGER_JOURNAL", str(place))
        one = make_loaded()
        with one.load as load:
            load.more()
            assert one.manager.recorder.flush(30)
            ballast = disk / "ballast"
            with open(ballast, "wb", buffering=0) as file, suppress(OSError):  # no space is left
                while True:
                    file.write(b"x" * 4096)
            load.until(lambda: one.manager.recorder.problem)
            load.more()
            ballast.unlink()
            load.more()
        load.demand_clean()
        assert len(load.right) == len(load.answers)
        load.until(lambda: one.manager.recorder.flush(10))
        demand_recorded(load, place)
        one.server.stop()
        one.manager.close()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_database_server_that_stops_keeps_no_call(
    make_loaded: Callable[[], Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL is killed in the middle and begun again: all calls are answered, and all of them are written."""
    with tempfile.TemporaryDirectory(prefix="sch-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        inner = Path(folder) / "server"
        inner.mkdir()
        with postgresql.server(inner) as url:
            place = url.format(database="postgres")
            monkeypatch.setenv("SCHILLINGER_JOURNAL", place)
            one = make_loaded()
            with one.load as load:
                load.more()
                assert one.manager.recorder.flush(30)
                postgresql.stop(inner)
                load.until(lambda: one.manager.recorder.problem)
                load.more()
                postgresql.start(inner)
                load.more()
            load.demand_clean()
            assert len(load.right) == len(load.answers)
            load.until(lambda: one.manager.recorder.flush(10))
            demand_recorded(load, place)
            one.server.stop()
            one.manager.close()


def test_a_server_that_is_killed_has_recorded_what_it_has_answered(
    place: Path, tmp_path: Path, write_plugin: WritePlugin
) -> None:
    """Whoever opens the journal next finds every call that was answered, once; its workers are gone, and another serves."""
    command = [sys.executable, "-c", SERVE, str(write_plugin(body=ECHO, definition=ANY))]
    environment = {**os.environ, "SCHILLINGER_JOURNAL_DAYS": "30"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        url, token = process.stdout.readline().split()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
            instances = [client.post("/api/plugins/probe/instances").json()["id"] for _ in range(CLIENTS)]
        with Load(url, headers, instances) as load:
            load.more(60)
            process.send_signal(signal.SIGKILL)
            load.until(lambda: sum(one.status is None for one in load.answers) == CLIENTS)
    assert [one for one in load.answers if one.status is not None and not one.is_right] == []
    demand_recorded(load, place, user=current_user())
    with sqlite3.connect(place) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

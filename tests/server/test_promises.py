"""What is promised of the server's security, a test for each promise that has none elsewhere.

Tokens at rest, rates, granting: ``test_users``. TLS: ``test_tls``. Bodies, slow and half clients: ``test_crowds``. Whose is
what: ``test_ownership``. Sockets: ``test_sockets``.
"""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from schillinger_plugins import PluginManager, errors
from schillinger_plugins.errors import PluginError
from schillinger_plugins.server import Access, Scope, Server, create_app, patience, runs
from schillinger_plugins.server.problems import problem_of

from .conftest import NO_MANAGER, Create

PAGE: dict[str, Any] = create_app(NO_MANAGER, Access()).openapi()
OPERATIONS = [(method, path) for path, found in PAGE["paths"].items() for method in found]
OPEN = ("/health", "/ready")
ENDLESS = "/api/plugins/events"
MANAGED = [
    ("post", "/api/plugins"),
    ("post", "/api/plugins/{plugin_id}/reload"),
    ("put", "/api/flows/{name}"),
    ("delete", "/api/flows/{name}"),
]
GRANTED = [("post", "/api/plugins/permissions/{ask_id}/grant"), ("delete", "/api/plugins/permissions/{ask_id}")]


@pytest.fixture
def silent() -> Iterator[Server]:
    """A server as it is by default, which nobody has started."""
    with closing(Server(NO_MANAGER, port=0)) as server:
        yield server


def test_only_this_machine_is_listened_to(silent: Server) -> None:
    """By default; from its own address in the network nobody gets in."""
    host, port = silent._socket.getsockname()
    assert host == "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        try:
            other.connect(("192.0.2.1", 9))  # sends nothing: it tells which address this machine would send from
        except OSError:
            pytest.skip("this machine has no other address")
        outward = other.getsockname()[0]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((outward, port), timeout=5).close()


def test_each_start_has_a_token_of_its_own(silent: Server) -> None:
    """256 random bits, which nobody can compute from those of another start, and which aren't shown by accident."""
    with closing(Server(NO_MANAGER, port=0)) as other:
        tokens = {silent.token, other.token}
        assert len(tokens) == 2
        assert all(len(token) == 43 for token in tokens)
        assert silent.access.scope_of(other.token) is None
        assert not [token for token in tokens if token in repr(silent) + repr(vars(silent.access))]


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[1] not in OPEN])
def test_no_token_does_more_than_its_scope(client: httpx.Client, server: Server, method: str, path: str) -> None:
    """Reading begins and ends nothing, running manages nothing, and no scope grants: address by address."""
    which = (method, path)
    needed = Scope.MANAGE if which in MANAGED else Scope.READ if method == "get" else Scope.RUN
    for scope in (Scope.READ, Scope.RUN, Scope.MANAGE):
        if path == ENDLESS and scope >= needed:
            continue
        headers = {"Authorization": f"Bearer {server.access.issue(scope, user='eve')}"}
        answer = client.request(method, path.replace("{", "").replace("}", ""), headers=headers)
        refused = answer.json()["title"] if answer.status_code == 403 else ""
        if which in GRANTED:
            assert refused == "MayNotGrant"
        else:
            assert (refused == "ScopeTooNarrow") is (scope < needed), answer.text


def test_no_page_elsewhere_is_let_in_by_cors(client: httpx.Client, server: Server) -> None:
    """Neither an answer nor what a browser asks beforehand has a header that would let it."""
    for origin in (server.url, "http://evil.example", "null"):
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for method in ("GET", "OPTIONS", "POST"):
            answer = client.request(method, "/api/plugins", headers=asks)
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert answer.is_success is (method == "GET" and origin == server.url)


def test_so_many_calls_go_on_at_once_and_no_more(
    client: httpx.Client, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One too many is told to come again; when one has ended there is room."""
    monkeypatch.setattr(runs, "MAX_AT_ONCE", 2)
    path = f"/api/plugins/instances/{create('await asyncio.sleep(60)')}/execute"
    first, _ = (client.post(path, json={}, params={"wait": "false"}).headers["Location"] for _ in range(2))
    refused = client.post(path, json={})
    assert (refused.status_code, refused.json()["title"], refused.headers["Retry-After"]) == (503, "Busy", "1")
    client.post(f"{first}/cancel")
    again = client.post(path, json={}, params={"wait": "false"})
    assert again.status_code == 202
    for run in client.get("/api/plugins/runs").json()["runs"]:
        if run["state"] == "running":
            client.post(f"/api/plugins/runs/{run['id']}/cancel")


def test_so_many_requests_are_dealt_with_at_once_and_no_more(
    client: httpx.Client, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever they ask for, before anything is read of them."""
    run = client.post(
        f"/api/plugins/instances/{create('await asyncio.sleep(60)')}/execute", json={}, params={"wait": "false"}
    )
    monkeypatch.setattr(patience, "MAX_REQUESTS", 0)
    refused = client.get("/api/plugins")
    assert (refused.status_code, refused.json()["title"], refused.headers["Retry-After"]) == (503, "Busy", "1")
    monkeypatch.undo()
    assert client.post(f"{run.headers['Location']}/cancel").json()["state"] == "cancelled"


DOCUMENTS = ("/api/flows/{name}", "/api/flows/problems", "/api/flows/runs")  # the last two are names, too


def test_no_code_can_be_sent(client: httpx.Client, manager: PluginManager, tmp_path: Path) -> None:
    """Unless that is switched on (`test_uploads`): no address takes an archive or a source as more than an input's value."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("evil/plugin.json", "{}")
        written.writestr("evil/main.py", "open('/tmp/was_run', 'w')")
    before = {plugin_id: record.content_hash for plugin_id, record in manager.plugins.items() if record.manifest}
    sent = 0
    for path in (*PAGE["paths"], "/api/plugins/install", "/api/plugins/upload", "/api/plugins/evil/main.py"):
        for method in ("POST", "PUT", "PATCH"):
            forms: tuple[dict[str, Any], ...] = (
                {"content": archive.getvalue(), "headers": {"Content-Type": "application/zip"}},
                {"files": {"file": ("evil.zip", archive.getvalue()), "main.py": ("main.py", b"import os")}},
                {"json": {"main": "import os", "path": str(tmp_path), "url": "http://evil.example/evil.zip"}},
            )
            for form in forms:
                address = path.replace("{plugin_id}", "gain_node").replace("{", "").replace("}", "")
                answer = client.request(method, address, **form)
                is_data = path.endswith("/reload") or path in DOCUMENTS  # asks for none; a document of nodes
                assert answer.status_code in (403, 404, 405, 422) or (is_data and answer.is_success), (
                    path,
                    answer.text,
                )
                sent += 1
    assert sent > 100
    now = {plugin_id: record.content_hash for plugin_id, record in manager.plugins.items() if record.manifest}
    assert now == before
    assert not list(tmp_path.rglob("main.py"))
    archives = {"application/zip", "application/gzip", "application/octet-stream", "text/x-python"}
    for path, methods in PAGE["paths"].items():
        for method, operation in methods.items():
            taken = operation.get("requestBody", {}).get("content", {})
            assert not archives & set(taken) or (method, path) == ("post", "/api/plugins")


def _kinds(kind: type[PluginError] = PluginError) -> Iterator[type[PluginError]]:
    yield kind
    for derived in kind.__subclasses__():
        if derived.__module__ == errors.__name__:
            yield from _kinds(derived)


MAKE: dict[str, Callable[[type[Any]], PluginError]] = {
    "LimitExceeded": lambda kind: kind("too long", limit="wall", remedy="ask for less"),
    "PluginExecutionError": lambda kind: kind(
        "no", exception_type="ValueError", traceback_text="…", remedy="ask for less"
    ),
    "WorkerCrashed": lambda kind: kind("gone", signal=9, remedy="ask for less"),
    "FlowError": lambda kind: kind("a node failed", run=None, failed={}, remedy="ask for less"),
    "ServerError": lambda kind: kind("another server", status=500, remedy="ask for less"),
    "PermissionDenied": lambda kind: kind("no", permission="network", target=None, remedy="ask for less"),
}


@pytest.mark.parametrize("kind", list(_kinds()))
def test_an_error_is_the_same_here_and_there(kind: type[PluginError]) -> None:
    """Its class, message and remedy, and never the server's fault: 4xx, or 503 with Retry-After for what passes."""
    error = MAKE.get(kind.__name__, lambda kind: kind("it is so", remedy="ask for less"))(kind)
    problem = problem_of(error)
    assert (problem.title, problem.detail, problem.remedy) == (kind.__name__, error.message, "ask for less")
    assert 400 <= problem.status < 500 or (problem.status == 503 and problem.headers["Retry-After"].isdecimal())

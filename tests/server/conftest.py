"""A real server on loopback over the manager that all tests share, and a client that has its token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Server

Create = Callable[..., str]

NO_MANAGER: Any = None
"""In the place of one that is not asked."""

ANY: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [
        {"name": "x", "type": "any", "required": False},
        {"name": "audio", "type": "audio", "required": False},
        {"name": "table", "type": "array", "required": False},
        {"name": "data", "type": "bytes", "required": False},
    ],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [{"name": "gain_db", "type": "number", "default": 0, "min": -96, "max": 24}],
}


@pytest.fixture(scope="module")
def server(shared_manager: PluginManager) -> Iterator[Server]:
    """Serving while the tests of a module run."""
    server = Server(shared_manager, port=0, max_body_bytes=4 << 20)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: Server, manager: PluginManager) -> Iterator[httpx.Client]:
    """With a token that is good for everything."""
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def create(client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> Create:
    """The id of an instance of a plugin whose ``execute`` has this body, made over HTTP."""

    def create(body: str = "return {'y': inputs.get('x')}", **options: Any) -> str:
        manager.load(write_plugin(body=body, definition=ANY, **options))
        made = client.post("/api/plugins/probe/instances", json={})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    return create

"""Whether to ask it at all: for whoever shares requests out among servers."""

from __future__ import annotations

import asyncio

import httpx

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Access, Server, create_app


def test_a_server_is_ready_when_its_sandbox_is_warm(shared_manager: PluginManager) -> None:
    """It warms by itself; until then 503 with Retry-After, and again when it ends. Health is another question."""

    async def ask(app: object, path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:  # type: ignore[arg-type]  # httpx's own view of ASGI
            return await client.get(path)

    with PluginManager() as cold:
        app = create_app(cold, Access())
        refused = asyncio.run(ask(app, "/ready"))
        assert (refused.status_code, refused.json()["title"]) == (503, "NotReady")
        assert refused.headers["Retry-After"].isdecimal()
        assert refused.json()["remedy"]
        assert asyncio.run(ask(app, "/health")).status_code == 200
        asyncio.run(app.state.readiness.warm())
        assert asyncio.run(ask(app, "/ready")).json() == {"status": "ready"}
        app.state.readiness.end()
        assert asyncio.run(ask(app, "/ready")).json()["detail"] == "the server ends"


def test_a_server_warms_itself(server: Server) -> None:
    """Nobody has to call a plugin first."""
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        while (answer := client.get("/ready")).status_code != 200:
            assert answer.status_code == 503

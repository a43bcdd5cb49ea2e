"""The two servers that are compared, each as a program of its own: ``python -m tests.bench.serving ours|bare``.

Owns the peer: a bare FastAPI route that calls the same function in its own process. Both run under uvicorn with the same
settings, print one line with what a client needs, and end when their standard input does. Called by ``server``.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def ours() -> None:
    """Our server over a manager, with an instance of the plugin that does nothing."""
    from schillinger_plugins.server import Server
    from schillinger_plugins.server.access import digest_of
    from schillinger_plugins.server.tokens import Kept

    from .plugins import managed

    with managed("nothing") as (manager, _):
        server = Server(manager, port=0)
        # Who measures asks as fast as he can: what a token may ask for in a second isn't what is measured.
        news = iter([[Kept(digest_of(server.token).hex(), "bench", "manage", requests_per_s=1e9)]])
        server.access.follow(lambda: next(news, None))
        server.start()
        instance = manager.create_instance("nothing")
        _tell(f"{server.url}/api/plugins/instances/{instance.id}/execute", server.token)
        server.stop()


def bare() -> None:
    """A route that parses the same body and calls the function."""
    import threading

    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    async def nothing(inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
        return {}

    @app.post("/execute")
    async def execute(body: dict[str, Any]) -> dict[str, Any]:
        return {"outputs": await nothing(body["inputs"], body["parameters"])}

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False, server_header=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    _tell(f"http://127.0.0.1:{port}/execute", "")
    server.should_exit = True
    thread.join()


def _tell(url: str, token: str) -> None:
    """Say where, and serve until whoever has started this goes."""
    print(json.dumps({"url": url, "token": token}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    {"ours": ours, "bare": bare}[sys.argv[1]]()

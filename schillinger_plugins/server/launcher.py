"""Launcher: the server in JupyterLab's launcher, through jupyter-server-proxy.

Owns what that is told: how the server is started, and the token, which is made here, goes to the server through its
environment and is added by the proxy to what it lets through. Jupyter has asked who the user is by then; no page ever sees
the token. Called by jupyter-server-proxy, by its entry point.
"""

from __future__ import annotations

import secrets
import sys
from typing import Any

_STARTING_S = 60


def entry() -> dict[str, Any]:
    """What jupyter-server-proxy starts when somebody clicks."""
    token = secrets.token_urlsafe(32)
    command = [sys.executable, "-m", "schillinger_plugins", "serve"]
    return {
        "command": [*command, "--port", "{port}", "--root-path", "{base_url}schillinger", "--behind-proxy"],
        "environment": {"SCHILLINGER_TOKEN": token},
        "absolute_url": False,
        "timeout": _STARTING_S,
        "request_headers_override": {"Authorization": f"Bearer {token}"},
        "launcher_entry": {"title": "Plugins over HTTP", "path_info": "schillinger/"},
        "new_browser_tab": True,
    }

"""The entry in JupyterLab's launcher: what jupyter-server-proxy is told, and that it works as told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

import httpx

from schillinger_plugins.server.launcher import entry


def test_the_command_starts_a_server_that_answers_behind_a_prefix() -> None:
    """With the token of its environment alone, under any name, and with addresses that begin with the prefix.

    The proxy ends it with SIGTERM: it ends in order then, its workers before it, and calls that no failure.
    """
    told = entry()
    assert told["launcher_entry"]["title"]
    token = told["environment"]["SCHILLINGER_TOKEN"]
    assert token not in " ".join(told["command"]), "everybody on the machine can read a command line"
    assert entry()["environment"] != told["environment"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [word.format(port=port, base_url="/user/ada/") for word in told["command"]]
    with subprocess.Popen(
        command, env={**os.environ, **told["environment"]}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            headers = {**told["request_headers_override"], "Host": "hub.example.org"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
                assert server.stdout is not None
                first = server.stdout.readline()  # it listens from then on
                assert first.endswith("/api/plugins\n")
                assert client.get("/health", timeout=60).status_code == 200
                made = client.post("/api/plugins/resultant_rhythm/instances", timeout=60)
                assert made.headers["Location"].startswith("/user/ada/schillinger/api/plugins/instances/")
                assert client.get("/api/plugins", headers={"Authorization": ""}).status_code == 401
                page = client.get("/")
                assert 'data-token="sent"' in page.text, "the page asks for none, since the proxy adds it"
                foreign = client.get("/api/plugins", headers={"Origin": "https://evil.example"})
                assert foreign.status_code == 403
                assert client.get("/api/plugins", headers={"Origin": "https://hub.example.org"}).status_code == 200
        finally:
            server.send_signal(signal.SIGTERM)
            _, said = server.communicate(timeout=60)
        assert (server.returncode, said.rstrip().endswith("ended")) == (0, True), said

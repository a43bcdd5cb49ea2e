"""Client: a server and a token, and a method for each of its addresses.

Owns the connections. Called by people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx

from ..definition import NodeDefinition
from ..errors import InputError, ServerError
from .answers import Ask, FlowProblem, FlowSummary, InstanceDetails, LogLine, PluginDetails, PluginSummary, RunDetails
from .problems import error_of, unreachable
from .remote import RemoteInstance, RemoteRun, SavedFlow, call, with_files
from .stream import events_of

TIMEOUT_S = 30.0
"""Of everything but a call's answer, which takes as long as the plugin does."""


class Client:
    """A server and a token.

    Parameters
    ----------
    url : str
        As the server shows it, ``http://127.0.0.1:8707``.
    token : str

    Raises
    ------
    PluginError
        Every method raises what the same would raise in a notebook, or `ServerError`.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8707", token) as client:  # doctest: +SKIP
    ...     gain = client.create_instance("gain_node")
    ...     quieter = gain.execute({"audio": "song.flac"}, {"gain_db": -6})["audio"]
    """

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S)

    # Plugins

    def plugins(self, plugin_type: str | None = None) -> list[PluginSummary]:
        """All plugins, or those of one type."""
        return self._all("/api/plugins", "plugins", {"plugin_type": plugin_type} if plugin_type else {})

    def plugin(self, plugin_id: str) -> PluginDetails:
        """One plugin, with its manifest."""
        return cast(PluginDetails, self._json("GET", f"/api/plugins/{_part(plugin_id)}"))

    def definition(self, plugin_id: str) -> NodeDefinition:
        """A plugin's node. One whose manifest doesn't tell is asked, confined, which takes a token that may run."""
        return NodeDefinition.parse(
            self._json("GET", f"/api/plugins/{_part(plugin_id)}/definition"), plugin_id=plugin_id
        )

    def logs(self, plugin_id: str, *, limit: int | None = None) -> list[LogLine]:
        """What a plugin has written and said, the newest line first; at most so many."""
        return self._all(f"/api/plugins/{_part(plugin_id)}/logs", "lines", most=limit)

    def reload(self, plugin_id: str) -> PluginDetails:
        """Have the server read a plugin anew."""
        return cast(PluginDetails, self._json("POST", f"/api/plugins/{_part(plugin_id)}/reload"))

    def upload(self, archive: str | Path, *, replace: bool = False) -> PluginDetails:
        """Send a plugin to a server on this machine that was started with ``--allow-upload``; it is not run.

        Parameters
        ----------
        archive : str or Path
            A .zip or .tar.gz here.
        replace : bool
            Whether a plugin of that id gives way; what is loaded of it runs on until `reload`.

        Raises
        ------
        AlreadyThere
            If there is one that may not be replaced.
        PackageError
            If it breaks a rule.
        """
        path = Path(archive)
        with path.open("rb") as file:
            sent = {"package": (path.name, file, "application/octet-stream")}
            options: dict[str, Any] = {"params": {"replace": replace}, "files": sent, "timeout": None}
            return cast(PluginDetails, self._json("POST", "/api/plugins", **options))

    # Instances and runs

    def instances(self) -> list[InstanceDetails]:
        """Those that are there."""
        return self._all("/api/plugins/instances", "instances")

    def create_instance(
        self, plugin_id: str, config: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> RemoteInstance:
        """A new instance; with the same `key`, the same one again."""
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/api/plugins/{_part(plugin_id)}/instances"
        return RemoteInstance(
            self, self._json("POST", path, json={"config": dict(config or {})}, headers=headers)["id"]
        )

    def instance(self, instance_id: str) -> RemoteInstance:
        """One that is there."""
        return RemoteInstance(self, self._json("GET", f"/api/plugins/instances/{_part(instance_id)}")["id"])

    def runs(self) -> list[RunDetails]:
        """The runs that are known, the newest first, without what they gave."""
        return self._all("/api/plugins/runs", "runs")

    def run(self, run_id: str) -> RemoteRun:
        """One that is known: its state, what it gave, its end."""
        return RemoteRun(self, self._json("GET", f"/api/plugins/runs/{_part(run_id)}")["id"])

    # Flows

    def flows(self) -> list[FlowSummary]:
        """Those that are saved, by name."""
        return self._all("/api/flows", "flows")

    def flow(self, name: str) -> SavedFlow:
        """One that is saved."""
        answer = self.request("GET", f"/api/flows/{_part(name)}")
        return SavedFlow(name, answer.json(), answer.headers["ETag"])

    def save_flow(self, name: str, document: Mapping[str, Any], *, unchanged_since: str | None = None) -> SavedFlow:
        """Save a flow under a name, in place of what was there.

        Parameters
        ----------
        document : Mapping
            React Flow's JSON, as of `Flow.as_dict`.
        unchanged_since : str, optional
            The tag that it was fetched with.

        Raises
        ------
        ServerError
            With status 412 if somebody else has saved it since then.
        """
        headers = {"If-Match": unchanged_since} if unchanged_since else {}
        answer = self.request("PUT", f"/api/flows/{_part(name)}", json=dict(document), headers=headers)
        return SavedFlow(name, dict(document), answer.headers["ETag"])

    def flow_problems(self, document: Mapping[str, Any]) -> list[FlowProblem]:
        """What keeps a flow from running there; it needn't be saved, and nothing of it is run."""
        return cast(list[FlowProblem], self._json("POST", "/api/flows/problems", json=dict(document))["problems"])

    def delete_flow(self, name: str) -> None:
        """Forget one that is saved. Its runs go on."""
        self.request("DELETE", f"/api/flows/{_part(name)}")

    def run_flow(
        self,
        name: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, Mapping[str, Any]] | None = None,
        nodes: Sequence[str] | None = None,
        seed: int | None = None,
    ) -> RemoteRun:
        """Run one that is saved; `RemoteRun.wait` gives what came of it, by node.

        Parameters
        ----------
        inputs : Mapping
            By the names of its inputs, as for `RemoteInstance.execute`.
        files : Mapping
            By node and parameter, for those that are files: a `Path` of a file here, bytes or `File`.
        nodes : sequence of str, optional
            Only these and what leads to them.
        """
        sent = {node: with_files(given) for node, given in (files or {}).items()}
        body = {"files": sent, "nodes": list(nodes) if nodes is not None else None, "seed": seed}
        return RemoteRun(self, call(self, f"/api/flows/{_part(name)}/runs", body, inputs, wait=False)["id"])

    def run_draft(
        self,
        document: Mapping[str, Any],
        inputs: Mapping[str, Any] | None = None,
        *,
        nodes: Sequence[str] | None = None,
        seed: int | None = None,
    ) -> RemoteRun:
        """Run a flow that isn't saved there, and isn't by this; otherwise as `run_flow`.

        Parameters
        ----------
        document : Mapping
            React Flow's JSON, as of `Flow.as_dict`.
        """
        body = {"flow": dict(document), "nodes": list(nodes) if nodes is not None else None, "seed": seed}
        return RemoteRun(self, call(self, "/api/flows/runs", body, inputs, wait=False)["id"])

    # Permissions

    def ask_permission(self, plugin_id: str, permission: str) -> Ask:
        """Ask that a plugin may do what its manifest asks for. It isn't granted by this, but by another user's `grant`."""
        path = f"/api/plugins/{_part(plugin_id)}/permissions"
        return cast(Ask, self._json("POST", path, json={"permission": permission}))

    def asks(self) -> list[Ask]:
        """What was asked for and nobody has answered."""
        return self._all("/api/plugins/permissions", "asks")

    def grant(self, ask_id: str) -> Ask:
        """Give what somebody else has asked for; takes a token that was made with ``--grant``."""
        return cast(Ask, self._json("POST", f"/api/plugins/permissions/{_part(ask_id)}/grant"))

    def decline(self, ask_id: str) -> None:
        """Forget a question."""
        self.request("DELETE", f"/api/plugins/permissions/{_part(ask_id)}")

    # The server

    def status(self) -> dict[str, Any]:
        """What runs there."""
        return self._json("GET", "/api/plugins/system/status")

    def metrics(self) -> str:
        """Its figures, as Prometheus reads them."""
        return self.request("GET", "/metrics").text

    def is_ready(self) -> bool:
        """Whether it would answer a call at once: it is there, its sandbox is warm, and it doesn't end."""
        try:
            self.request("GET", "/ready")
        except ServerError as error:
            if error.status in (0, 503):
                return False
            raise
        return True

    def events(self, *names: str) -> Iterator[dict[str, Any]]:
        """What happens there, as it happens, for as long as somebody asks: ``{"event": "executed", "plugin_id": …}``."""
        for event, told in self.stream("/api/plugins/events", *names):
            yield {"event": event, **told}

    # Any address

    def stream(self, path: str, *names: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Any address that tells something as it happens: the name and the data of each event."""
        return events_of(self._http, path, names=names)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any address, with the token; raises what the server's problem stands for."""
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise unreachable(self._http, error) from error
        if answer.is_error:
            raise error_of(answer)
        return answer

    def close(self) -> None:
        """Let go of the connections. What runs there runs on."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.request(method, path, **options).json()
        return found

    def _all(
        self, path: str, what: str, asked: Mapping[str, str] = MappingProxyType({}), *, most: int | None = None
    ) -> list[Any]:
        """A list whole, however many pages it has."""
        found: list[Any] = []
        while most is None or len(found) < most:
            page = self._json("GET", path, params={"offset": len(found), **asked})
            found += page[what]
            if len(found) >= page["total"] or not page[what]:
                break
        return found[:most]


def _part(name: str) -> str:
    """As one part of an address: a server takes a slash for a slash, however it is written."""
    if "/" in name or name in ("", ".", ".."):
        raise InputError(f"{name[:80]!r} is no id and no name", remedy="an id has no slash")
    return quote(name, safe="")

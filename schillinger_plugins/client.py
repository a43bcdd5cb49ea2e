"""Client: a server's plugins, as if they were here.

Owns the way of values over HTTP, and that what fails there raises here what it would raise in a notebook. Thin over the
addresses of ``server``: whoever knows those knows this. Refuses nothing by itself. Used by scripts on other machines; needs
the extra ``client``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np

from . import errors
from .errors import PluginError, ServerError
from .server.crossing import array_from, wav
from .types import Audio, Figure

__all__ = ["Client", "RemoteInstance", "RemoteResult", "RemoteRun"]

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

    def plugins(self, plugin_type: str | None = None) -> list[dict[str, Any]]:
        """All plugins, or those of one type: id, name, version, plugin_type, category, description, state, error."""
        found: list[dict[str, Any]] = []
        while True:
            asked = {"offset": len(found), **({"plugin_type": plugin_type} if plugin_type else {})}
            page = self.request("GET", "/api/plugins", params=asked).json()
            found += page["plugins"]
            if len(found) >= page["total"] or not page["plugins"]:
                return found

    def plugin(self, plugin_id: str) -> dict[str, Any]:
        """One plugin, with its manifest and its node definition."""
        return _object(self.request("GET", f"/api/plugins/{plugin_id}"))

    def reload(self, plugin_id: str) -> dict[str, Any]:
        """Have the server read a plugin anew."""
        return _object(self.request("POST", f"/api/plugins/{plugin_id}/reload"))

    def status(self) -> dict[str, Any]:
        """What runs there."""
        return _object(self.request("GET", "/api/plugins/system/status"))

    def create_instance(
        self, plugin_id: str, config: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> RemoteInstance:
        """A new instance; with the same `key`, the same one again."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"config": dict(config or {})}
        made = self.request("POST", f"/api/plugins/{plugin_id}/instances", json=body, headers=headers)
        return RemoteInstance(self, made.json()["id"])

    def instance(self, instance_id: str) -> RemoteInstance:
        """One that is there."""
        return RemoteInstance(self, self.request("GET", f"/api/plugins/instances/{instance_id}").json()["id"])

    def events(self, *names: str) -> Iterator[dict[str, Any]]:
        """What happens there, as it happens, for as long as somebody asks: ``{"event": "executed", "plugin_id": …}``."""
        quiet = httpx.Timeout(TIMEOUT_S, read=60.0)  # the server says something every 15 s
        with self._http.stream("GET", "/api/plugins/events", params={"name": names}, timeout=quiet) as stream:
            if stream.is_error:
                stream.read()
                raise error_of(stream)
            event = ""
            for line in stream.iter_lines():
                word, _, rest = line.partition(": ")
                if word == "event":
                    event = rest
                elif word == "data":
                    yield {"event": event, **json.loads(rest)}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any address, with the token; raises what the server's problem stands for."""
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            message = f"the server at {self._http.base_url} doesn't answer: {error}"
            raise ServerError(message, status=0, remedy="is it running?") from error
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


class RemoteInstance:
    """An instance on a server.

    Attributes
    ----------
    id : str
    """

    def __init__(self, client: Client, instance_id: str) -> None:
        self.id = instance_id
        self._client = client

    def execute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
    ) -> RemoteResult:
        """Call the plugin and wait for its outputs.

        Parameters
        ----------
        inputs : Mapping
            By port name: `Audio`, arrays and bytes are sent as they are, a `Path` as the file of that name here.
        parameters, limits, seed
            As for `Instance.execute`.
        """
        answer = self._call(inputs, parameters, limits, seed, wait=True)
        return RemoteResult(self._client, answer.json())

    def start(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
    ) -> RemoteRun:
        """Call the plugin and don't wait."""
        return RemoteRun(self._client, self._call(inputs, parameters, limits, seed, wait=False).json()["id"])

    def details(self) -> dict[str, Any]:
        """Its state, its figures, its configuration."""
        return _object(self._client.request("GET", f"/api/plugins/instances/{self.id}"))

    def destroy(self) -> None:
        """End it."""
        self._client.request("DELETE", f"/api/plugins/instances/{self.id}")

    def _call(self, inputs: Any, parameters: Any, limits: Any, seed: int | None, *, wait: bool) -> httpx.Response:
        plain, files = {}, {}
        for name, value in (inputs or {}).items():
            if isinstance(value, Audio):
                files[name] = (f"{name}.wav", wav(value))
            elif isinstance(value, np.ndarray):
                files[name] = (f"{name}.npy", _npy(value))
            elif isinstance(value, (bytes, bytearray)):
                files[name] = (f"{name}.bin", bytes(value))
            elif isinstance(value, Path):
                files[name] = (value.name, value.read_bytes())
            else:
                plain[name] = value
        body = {"inputs": plain, "parameters": dict(parameters or {}), "limits": dict(limits or {}), "seed": seed}
        path, options = f"/api/plugins/instances/{self.id}/execute", {"params": {"wait": wait}, "timeout": None}
        if not files:
            return self._client.request("POST", path, json=body, **options)
        parts = {"request": (None, json.dumps(body)), **files}
        return self._client.request("POST", path, files=parts, **options)


class RemoteRun:
    """A call that goes on on a server.

    Attributes
    ----------
    id : str
    """

    def __init__(self, client: Client, run_id: str) -> None:
        self.id = run_id
        self._client = client

    def details(self) -> dict[str, Any]:
        """Its state (running, done, failed, cancelled), progress and message; and what it gave."""
        return _object(self._client.request("GET", f"/api/plugins/runs/{self.id}"))

    def result(self) -> RemoteResult:
        """What it gave.

        Raises
        ------
        PluginError
            What it failed of; `ServerError` if it goes on, or was cancelled.
        """
        run = self.details()
        if run["problem"]:
            raise _raised(run["problem"], run["problem"]["status"], None)
        if run["state"] != "done":
            raise ServerError(f"run {self.id} is {run['state']}", status=409)
        return RemoteResult(self._client, run)

    def cancel(self) -> None:
        """End it."""
        self._client.request("DELETE", f"/api/plugins/runs/{self.id}")


class RemoteResult(Mapping[str, Any]):
    """The outputs of a call, by name; each is fetched when it is first looked at.

    Attributes
    ----------
    stats, provenance : dict
        As of a `Result`.
    """

    def __init__(self, client: Client, run: dict[str, Any]) -> None:
        self.stats: dict[str, Any] = run["stats"]
        self.provenance: dict[str, Any] = run["provenance"]
        self._client = client
        self._told: dict[str, Any] = run["outputs"]
        self._outputs: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._outputs:
            self._outputs[name] = self._fetched(self._told[name])
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def __repr__(self) -> str:
        return f"RemoteResult of {', '.join(self._told)}"

    def _fetched(self, told: Any) -> Any:
        if isinstance(told, list):
            return [self._fetched(one) for one in told]
        if not isinstance(told, dict):
            return told
        if "href" not in told:
            return {key: self._fetched(one) for key, one in told.items()}
        kind, href = told.get("type"), told["href"]
        if kind == "audio":
            samples = self._client.request("GET", href, params={**_at(href), "form": "npy"}).content
            return Audio(array_from(samples, plugin_id="", path="$"), told["sample_rate"])
        data = self._client.request("GET", href).content
        if kind == "array":
            return array_from(data, plugin_id="", path="$")
        if kind == "figure":
            return _figure(told, data)
        return data


def error_of(answer: httpx.Response) -> PluginError:
    """The error that a problem of the server's stands for: of the class that Python here would raise."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    after = answer.headers.get("Retry-After", "")
    wait_s = float(after) if after.isdigit() else None
    return _raised(problem if isinstance(problem, dict) else {}, answer.status_code, wait_s)


def _raised(problem: Mapping[str, Any], status: int, retry_after_s: float | None) -> PluginError:
    kind = getattr(errors, str(problem.get("title", "")), None)
    message, remedy = str(problem.get("detail", f"HTTP {status}")), problem.get("remedy")
    common: dict[str, Any] = {"plugin_id": problem.get("plugin_id"), "remedy": remedy}
    match kind:
        case errors.PluginExecutionError:
            return errors.PluginExecutionError(
                message,
                exception_type=str(problem.get("exception_type", "")),
                traceback_text=str(problem.get("traceback", "")),
                **common,
            )
        case errors.LimitExceeded:
            return errors.LimitExceeded(message, limit=problem["limit"], setting=problem.get("setting"), **common)
        case errors.WorkerCrashed:
            return errors.WorkerCrashed(message, signal=problem.get("signal"), **common)
        case errors.PermissionDenied:
            return errors.PermissionDenied(message, permission=str(problem.get("permission", "")), **common)
        case _ if isinstance(kind, type) and issubclass(kind, PluginError):
            return kind(message, path=problem.get("path"), **common)
        case _:
            return ServerError(message, status=status, retry_after_s=retry_after_s, remedy=remedy)


def _object(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    return found


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def _at(href: str) -> dict[str, str]:
    return dict(httpx.URL(href).params)


def _figure(told: Mapping[str, Any], data: bytes) -> Figure:
    if told["format"] == "vega_lite":
        return Figure.vega_lite(json.loads(data), alt=told["alt"])
    if told["format"] == "svg":
        return Figure.svg(data.decode(), alt=told["alt"])
    return Figure.image(data, alt=told["alt"])

"""Remote: what lives on a server and is held by its id here: instances, runs, what they gave, flows.

Owns the way of inputs there (sounds, arrays and bytes as they are) and of outputs back. Called by ``client``.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import httpx
import numpy as np

from ..errors import InputError, ServerError
from ..server.crossing import ARRAY, NUMBERS, array_from, wav
from ..types import Audio, Figure, File
from .answers import InstanceDetails, RunDetails
from .problems import error_from

if TYPE_CHECKING:
    from .client import Client


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
        parameters : Mapping
            By name; for one of the type file a `Path` of a file here, bytes or `File`.
        limits, seed
            As for `Instance.execute`.
        """
        return RemoteResult(self._client, self._call(inputs, parameters, limits, seed, wait=True))

    def start(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
    ) -> RemoteRun:
        """Call the plugin and don't wait."""
        return RemoteRun(self._client, self._call(inputs, parameters, limits, seed, wait=False)["id"])

    def details(self) -> InstanceDetails:
        """Its state, its figures, its configuration."""
        return cast(InstanceDetails, self._client.request("GET", f"/api/plugins/instances/{self.id}").json())

    def destroy(self) -> None:
        """End it."""
        self._client.request("DELETE", f"/api/plugins/instances/{self.id}")

    def _call(self, inputs: Any, parameters: Any, limits: Any, seed: int | None, *, wait: bool) -> dict[str, Any]:
        path, given = f"/api/plugins/instances/{self.id}/execute", with_files(parameters or {})
        (name, array), *others = [*(inputs or {}).items()] or [("", None)]
        query = {"wait": wait, "input": name, "parameters": json.dumps(given)}
        if isinstance(array, np.ndarray) and not (
            others or limits or seed is not None or len(query["parameters"]) > 4096
        ):
            # An array alone needs no parts around it.
            options: dict[str, Any] = {"content": _npy(name, array), "headers": {"Content-Type": ARRAY}}
            begun: dict[str, Any] = self._client.request("POST", path, params=query, timeout=None, **options).json()
            return begun
        body = {"parameters": given, "limits": dict(limits or {}), "seed": seed}
        return call(self._client, path, body, inputs, wait=wait)


class RemoteRun:
    """A call, or a run of a flow, that goes on on a server.

    Attributes
    ----------
    id : str
    """

    def __init__(self, client: Client, run_id: str) -> None:
        self.id = run_id
        self._client = client

    def details(self) -> RunDetails:
        """Its state (running, done, failed, cancelled), progress and message; and what it gave."""
        return cast(RunDetails, self._client.request("GET", f"/api/plugins/runs/{self.id}").json())

    def follow(self) -> Iterator[RunDetails]:
        """How it stands, now and whenever it is further, until it has ended; without what it gave."""
        for _, told in self._client.stream(f"/api/plugins/runs/{self.id}/events"):
            yield cast(RunDetails, told)

    def wait(self) -> RemoteResult:
        """What it gave, once it has ended; raises as `result`."""
        for _ in self.follow():
            pass
        return self.result()

    def result(self) -> RemoteResult:
        """What it gave.

        Raises
        ------
        PluginError
            What it failed of; `ServerError` if it goes on, or was cancelled.
        """
        run = self.details()
        if run["problem"]:
            raise error_from(run["problem"], run["problem"]["status"])
        if run["state"] != "done":
            raise ServerError(f"run {self.id} is {run['state']}", status=409)
        return RemoteResult(self._client, cast(dict[str, Any], run))

    def cancel(self) -> RunDetails:
        """End it, and how it ended: as ``done``, if it was faster, with what it gave."""
        return cast(RunDetails, self._client.request("POST", f"/api/plugins/runs/{self.id}/cancel").json())

    def forget(self) -> None:
        """Have the server forget what it gave, once it has ended; `ServerError` with 409 if it goes on."""
        self._client.request("DELETE", f"/api/plugins/runs/{self.id}")


class RemoteResult(Mapping[str, Any]):
    """The outputs of a call, by name, or of a flow, by node; each is fetched when it is first looked at.

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
        if kind == "file":
            return File(told["name"], data)
        return data


@dataclass(frozen=True)
class SavedFlow:
    """A flow as it is saved on a server.

    Attributes
    ----------
    document : dict
        React Flow's JSON; `Flow.from_dict` makes a flow of it.
    tag : str
        Of what was fetched: whoever saves it with this changes nothing that somebody else has saved since.
    """

    name: str
    document: dict[str, Any]
    tag: str


def call(
    client: Client, path: str, body: Mapping[str, Any], inputs: Mapping[str, Any] | None, *, wait: bool
) -> dict[str, Any]:
    """Begin a run; what is best sent as it is becomes a part of multipart/form-data."""
    plain, files = {}, {}
    for name, value in (inputs or {}).items():
        if isinstance(value, Audio):
            files[name] = (f"{name}.wav", wav(value))
        elif isinstance(value, np.ndarray):
            files[name] = (f"{name}.npy", _npy(name, value))
        elif isinstance(value, (bytes, bytearray)):
            files[name] = (f"{name}.bin", bytes(value))
        elif isinstance(value, Path):
            files[name] = (value.name, value.read_bytes())
        else:
            plain[name] = value
    sent = {"inputs": plain, **body}
    options: dict[str, Any] = {"params": {"wait": wait}, "timeout": None}
    if files:
        options["files"] = {"request": (None, json.dumps(sent)), **files}
    else:
        options["json"] = sent
    begun: dict[str, Any] = client.request("POST", path, **options).json()
    return begun


def with_files(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON has them: files of this machine, and content, as the server takes them."""
    sent = dict(values)
    for name, value in values.items():
        if isinstance(value, Path):
            value = File(value.name, value.read_bytes())
        elif isinstance(value, (bytes, bytearray)):
            value = File("", bytes(value))
        if isinstance(value, File):
            sent[name] = {"name": value.name, "base64": base64.b64encode(value.data).decode()}
    return sent


def _npy(name: str, array: np.ndarray[Any, Any]) -> bytes:
    if array.dtype.kind not in NUMBERS:
        message = f"is an array of {array.dtype}; only arrays of numbers can cross"
        raise InputError(message, path=f"$.inputs.{name}", remedy="convert it with .astype(float)")
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

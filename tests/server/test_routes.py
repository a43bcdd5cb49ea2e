"""The addresses of the server, each as a client uses it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import httpx
import numpy as np
import pytest
import soundfile

from schillinger_plugins import Audio, PluginManager
from schillinger_plugins.loader import inspect
from schillinger_plugins.server import Scope, Server
from schillinger_plugins.server.runs import Run, Runs

from ..conftest import WritePlugin
from .conftest import ANY, Create


def execute(client: httpx.Client, instance_id: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/plugins/instances/{instance_id}/execute", json=body)


def test_the_seven_addresses(client: httpx.Client) -> None:
    """List, details, status, reload, create, execute, destroy: as the specification writes them."""
    listed = client.get("/api/plugins").json()
    assert "gain_node" in [plugin["id"] for plugin in listed["plugins"]]
    details = client.get("/api/plugins/gain_node").json()
    assert details["definition"]["parameters"][0]["name"] == "gain_db"
    assert details["manifest"]["metadata"]["plugin_type"] == "NODE"
    assert client.post("/api/plugins/gain_node/reload").json()["state"] == "loaded"
    made = client.post("/api/plugins/gain_node/instances")
    assert made.status_code == 201
    instance = made.json()["id"]
    assert made.headers["Location"] == f"/api/plugins/instances/{instance}"
    sound = {"samples": [[0.5, -0.5]], "sample_rate": 8000}
    done = execute(client, instance, inputs={"audio": sound}, parameters={"gain_db": -6.0206}).json()
    assert done["state"] == "done"
    assert done["provenance"]["parameters"]["gain_db"] == -6.0206
    fetched, rate = soundfile.read(io.BytesIO(client.get(done["outputs"]["audio"]["href"]).content))
    assert rate == 8000
    assert np.allclose(fetched, [0.25, -0.25], atol=1e-5)
    status = client.get("/api/plugins/system/status").json()
    assert [one["id"] for one in status["instances"]] == [instance]
    assert client.delete(f"/api/plugins/instances/{instance}").status_code == 204
    assert client.get(f"/api/plugins/instances/{instance}").status_code == 404


def test_the_list_comes_in_pages_and_by_type(client: httpx.Client) -> None:
    """Pages follow each other without a gap, and the total is that of the whole."""
    whole = client.get("/api/plugins").json()
    pages = [client.get("/api/plugins", params={"limit": 4, "offset": at}).json() for at in range(0, whole["total"], 4)]
    assert [plugin for page in pages for plugin in page["plugins"]] == whole["plugins"]
    assert {page["total"] for page in pages} == {len(whole["plugins"])}
    effects = client.get("/api/plugins", params={"plugin_type": "effect"}).json()["plugins"]
    assert {plugin["plugin_type"] for plugin in effects} == {"EFFECT"}


def test_details_that_a_client_has_are_not_sent_again(client: httpx.Client) -> None:
    """The ETag changes with all that is told of it: its state, and which instances there are, not just how many."""
    tag = client.get("/api/plugins/gain_node").headers["ETag"]
    again = client.get("/api/plugins/gain_node", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/plugins/gain_node", headers={"If-None-Match": "*"}).status_code == 304
    first = client.post("/api/plugins/gain_node/instances").json()["id"]
    one = client.get("/api/plugins/gain_node", headers={"If-None-Match": tag})
    assert one.status_code == 200
    client.delete(f"/api/plugins/instances/{first}")
    client.post("/api/plugins/gain_node/instances")
    assert client.get("/api/plugins/gain_node", headers={"If-None-Match": one.headers["ETag"]}).status_code == 200


def test_a_broken_plugin_is_listed_with_its_flaw(client: httpx.Client, manager: PluginManager, tmp_path: Path) -> None:
    """Its details say what its author has to mend; to run it is refused."""
    from schillinger_plugins.loader import inspect

    folder = tmp_path / "cracked"
    folder.mkdir()
    (folder / "plugin.json").write_text('{"metadata": {}}')
    forget = manager.registry.register(inspect(folder, source="path"))
    told = client.get("/api/plugins/cracked").json()
    assert told["state"] == "broken"
    assert told["error"]["title"] == "ManifestError"
    tag = client.get("/api/plugins/cracked").headers["ETag"]
    forget()
    (folder / "plugin.json").write_text("{")
    manager.registry.register(inspect(folder, source="path"))
    assert client.get("/api/plugins/cracked", headers={"If-None-Match": tag}).status_code == 200
    assert client.post("/api/plugins/cracked/instances").json()["title"] == "ManifestError"


def test_an_instance_goes_on_with_new_code_under_its_id(client: httpx.Client, create: Create, tmp_path: Path) -> None:
    """What a client holds survives a reload, with its state; a reload that fails leaves the old code serving."""
    instance = create("self.kept = (self.kept or 0) + 1\nreturn {'y': self.kept}")
    assert execute(client, instance).json()["outputs"] == {"y": 1}
    main = tmp_path / "plugins" / "probe" / "main.py"
    good = main.read_text()
    main.write_text("import nothing_of_that_name\n")
    refused = client.post("/api/plugins/probe/reload")
    assert refused.status_code == 422
    assert "nothing_of_that_name" in refused.json()["traceback"]
    assert execute(client, instance).json()["outputs"] == {"y": 2}
    main.write_text(good.replace("{'y': self.kept}", "{'y': -self.kept}"))
    assert client.post("/api/plugins/probe/reload").status_code == 200
    assert execute(client, instance).json()["outputs"] == {"y": -3}


def test_the_same_key_creates_once(client: httpx.Client) -> None:
    """A request that is repeated because its answer was lost makes no second instance; after it was destroyed, it does."""
    first, again = (
        client.post("/api/plugins/gain_node/instances", headers={"Idempotency-Key": "a"}).json()["id"] for _ in range(2)
    )
    assert first == again
    client.delete(f"/api/plugins/instances/{first}")
    assert client.post("/api/plugins/gain_node/instances", headers={"Idempotency-Key": "a"}).json()["id"] != first


def test_a_key_stands_for_what_was_asked_with_it(
    client: httpx.Client, manager: PluginManager, write_plugin: WritePlugin
) -> None:
    """With another configuration it is refused, rather than answered with an instance that hasn't it."""
    manager.add(write_plugin(body="return {'y': 1}", manifest={"config_schema": {}, "default_config": {"a": 1}}))
    keyed = {"headers": {"Idempotency-Key": "a"}}
    first = client.post("/api/plugins/probe/instances", json={"config": {"a": 2}}, **keyed)
    assert first.status_code == 201, first.text
    other = client.post("/api/plugins/probe/instances", json={"config": {"a": 3}}, **keyed)
    assert (other.status_code, other.json()["path"]) == (422, "$.header.idempotency-key")
    assert client.post("/api/plugins/probe/instances", json={"config": {"a": 2}}, **keyed).json() == first.json()


def test_sounds_arrays_and_bytes_travel_as_they_are(client: httpx.Client, create: Create) -> None:
    """As parts of a form on the way in, and from the address that the answer names on the way out."""
    instance = create("return {'y': {'a/b': [inputs['audio'], inputs['table'], inputs['data']]}}")
    samples = np.linspace(-1, 1, 999, dtype=np.float32).reshape(3, 333)
    table = np.arange(5000.0).reshape(50, 100)
    flac, npy = io.BytesIO(), io.BytesIO()
    soundfile.write(flac, samples.T, 48000, format="FLAC", subtype="PCM_24")
    np.save(npy, table)
    files = {
        "request": (None, '{"parameters": {"gain_db": 1}}'),
        "audio": ("x.flac", flac.getvalue()),
        "table": ("x.npy", npy.getvalue()),
        "data": ("x.bin", b"\x00\xff"),
    }
    done = client.post(f"/api/plugins/instances/{instance}/execute", files=files)
    assert done.status_code == 200, done.text
    sound, array, data = done.json()["outputs"]["y"]["a/b"]
    assert (sound["sample_rate"], sound["channels"], sound["frames"]) == (48000, 3, 333)
    back, _ = soundfile.read(io.BytesIO(client.get(sound["href"]).content), dtype="float32")
    assert np.allclose(back.T, samples, atol=1e-6)
    assert np.array_equal(np.load(io.BytesIO(client.get(array["href"]).content)), table)
    assert client.get(data["href"]).content == b"\x00\xff"


def test_what_json_has_no_word_for_is_null(client: httpx.Client, create: Create) -> None:
    """NaN and infinities are null in the answer, and themselves in the data beside it."""
    done = execute(client, create("import numpy as np\nreturn {'y': np.array([1, np.nan, np.inf])}")).json()
    assert done["outputs"]["y"]["values"] == [1.0, None, None]
    data = np.load(io.BytesIO(client.get(done["outputs"]["y"]["href"]).content))
    assert np.isnan(data[1])
    assert np.isinf(data[2])


def test_a_run_need_not_be_waited_for(client: httpx.Client, create: Create) -> None:
    """It has an address at once, says how far it is, and can be cancelled; the instance stays usable."""
    instance = create(
        "if inputs.get('x') == 'now': return {'y': 1}\nself.context.progress(0.5, message='half')\nawait asyncio.sleep(60)"
    )
    begun = client.post(f"/api/plugins/instances/{instance}/execute", json={}, params={"wait": "false"})
    assert begun.status_code == 202
    address = begun.headers["Location"]
    while (run := client.get(address).json())["progress"] == 0:
        assert run["state"] == "running"
    assert (run["progress"], run["message"]) == (0.5, "half")
    assert client.get("/api/plugins/system/status").json()["runs"] == 1
    early = client.delete(address)
    assert (early.status_code, early.json()["title"]) == (409, "StillRunning")
    assert client.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert client.get(address).json()["state"] == "cancelled"
    assert execute(client, instance, inputs={"x": "now"}).json()["outputs"] == {"y": 1}
    assert [run["state"] for run in client.get("/api/plugins/runs").json()["runs"]][:2] == ["done", "cancelled"]
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/cancel").status_code == 404


def test_a_cancel_that_comes_late_loses_nothing(client: httpx.Client, create: Create) -> None:
    """It is told that the run has ended, and what it gave; that stays until it is said to be forgotten."""
    done = execute(client, create("return {'y': 7}")).json()
    for _ in range(2):
        late = client.post(f"/api/plugins/runs/{done['id']}/cancel")
        assert late.status_code == 200
        assert late.json() == client.get(f"/api/plugins/runs/{done['id']}").json() == done
    assert done["outputs"] == {"y": 7}


def test_a_run_that_ends_as_it_is_cancelled_keeps_what_it_gave() -> None:
    """Between the end of its work and the noting of it, too."""

    async def story() -> None:
        runs, go_on = Runs(lambda: "one"), asyncio.Event()

        async def carry_out(_: Run) -> Any:
            await go_on.wait()
            return Gave()

        run = runs.begin(carry_out)
        assert run.task is not None
        task = run.task
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.sleep(0)
        assert task.done()
        assert run.state == "running", "its end isn't noted yet"
        await runs.cancel(run)
        assert run.state == "done"
        assert runs.get("one", lambda _: True).result == {"y": 7}

    class Gave(dict[str, Any]):
        inputs: ClassVar[dict[str, Any]] = {}

        def __init__(self) -> None:
            super().__init__(y=7)

    asyncio.run(story())


def test_a_client_that_goes_away_finds_its_run_again(client: httpx.Client, create: Create) -> None:
    """Its call goes on, and what it gave is kept."""
    instance = create("await asyncio.sleep(0.3)\nreturn {'y': 7}")
    with pytest.raises(httpx.ReadTimeout):
        client.post(f"/api/plugins/instances/{instance}/execute", json={}, timeout=0.1)
    while (run := client.get("/api/plugins/runs").json()["runs"][0])["state"] == "running":
        pass
    assert client.get(f"/api/plugins/runs/{run['id']}").json()["outputs"] == {"y": 7}


def test_the_server_describes_itself(client: httpx.Client) -> None:
    """The OpenAPI page has every address, with its words."""
    paths = client.get("/openapi.json").json()["paths"]
    assert (
        "multipart/form-data" in paths["/api/plugins/instances/{instance_id}/execute"]["post"]["requestBody"]["content"]
    )
    assert all(method["description"] for path in paths.values() for method in path.values())


def test_it_shares_the_manager_it_was_given(client: httpx.Client, manager: PluginManager, create: Create) -> None:
    """An instance of the notebook is a client's, and the other way round."""
    instance = manager.instances[create()]
    assert instance.execute({"x": 1})["y"] == 1
    own = manager.create_instance("gain_node")
    silence = {"samples": [[0.0]], "sample_rate": 8000}
    assert execute(client, own.id, inputs={"audio": silence}).json()["state"] == "done"
    assert own.stats.calls == 1
    assert isinstance(own.execute({"audio": Audio(np.zeros((1, 1), np.float32), 8000)})["audio"], Audio)


def test_what_happens_is_told_as_it_happens(client: httpx.Client, manager: PluginManager) -> None:
    """Events of the names asked for, in order, each with its plugin and instance; when nobody listens, nobody is told."""
    assert not manager.events.wants("executed"), "somebody listens already: an earlier test has left something behind"
    with client.stream("GET", "/api/plugins/events", params={"name": ["executed", "instance_destroyed"]}) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        instance = manager.create_instance("resultant_rhythm")
        instance.execute({}, {"a": 3, "b": 2})
        manager.destroy_instance(instance.id)
        told = [line for line in (next(lines) for _ in range(9)) if line.startswith(("event", "data"))]
    assert [line for line in told if line.startswith("event")] == ["event: executed", "event: instance_destroyed"]
    assert f'"instance_id": "{instance.id}"' in told[1]
    while manager.events.wants("executed"):  # until the server has noticed that we have gone
        client.get("/health")


def test_metrics_are_prometheus_s(client: httpx.Client, create: Create, manager: PluginManager) -> None:
    """The figures of each instance, those of its status all, in a form that its parser reads."""
    from prometheus_client.parser import text_string_to_metric_families

    instance = create("return {'y': 1}")
    execute(client, instance)
    found = {
        (sample.name, sample.labels.get("instance")): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }
    assert found["schillinger_calls_total", instance] == 1
    assert found["schillinger_failures_total", instance] == 0
    assert found["schillinger_running_calls", None] == 0
    now = manager.status().instances[0]
    assert found["schillinger_latency_seconds", instance] == now.pace.p99_s > 0  # the last one of them
    assert found["schillinger_calls_per_minute", instance] == 1
    assert found["schillinger_cpu_seconds_total", instance] == now.stats.cpu_total_s
    assert found["schillinger_journal_lost_total", None] == 0
    told = {name.removeprefix("schillinger_") for name, _ in found}
    assert told >= {
        *("restarts_total", "sleeps_total", "collections_total", "given_back_bytes_total", "memory_bytes"),
        *("memory_peak_bytes", "memory_growth_bytes", "leaks", "waiting_calls"),
    }


def test_a_definition_has_an_address_of_its_own(client: httpx.Client) -> None:
    """The one of the manifest, without a worker; who has it already is told only that."""
    told = client.get("/api/plugins/gain_node/definition")
    assert told.json() == client.get("/api/plugins/gain_node").json()["definition"]
    again = client.get("/api/plugins/gain_node/definition", headers={"If-None-Match": told.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    unknown = client.get("/api/plugins/gain_nod/definition")
    assert (unknown.status_code, unknown.json()["title"]) == (404, "UnknownPlugin")


def test_a_plugin_is_asked_for_its_definition(
    client: httpx.Client, server: Server, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """Where its manifest tells none: its code runs for that, so a token that only reads doesn't do. New code, new ETag."""
    folder = write_plugin(definition=ANY)
    manager.registry.register(inspect(folder, source="path"))
    reader = {"Authorization": f"Bearer {server.access.issue(Scope.READ)}"}
    assert client.get("/api/plugins/probe/definition", headers=reader).status_code == 403
    told = client.get("/api/plugins/probe/definition")
    assert [port["name"] for port in told.json()["inputs"]] == [port["name"] for port in ANY["inputs"]]
    assert client.get("/api/plugins/probe/definition", headers=reader).headers["ETag"] == told.headers["ETag"]
    main = folder / "main.py"
    main.write_text(main.read_text().replace("'Probe'", "'Sonde'"))
    client.post("/api/plugins/probe/reload")
    other = client.get("/api/plugins/probe/definition", headers={"If-None-Match": told.headers["ETag"]})
    assert (other.status_code, other.json()["label"]) == (200, "Sonde")

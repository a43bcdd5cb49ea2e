"""Whose is what: an instance and a run are there for who made them, and for who manages; one id leads to all of a run."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from schillinger_plugins import PluginManager
from schillinger_plugins.journal import Journal, Retention
from schillinger_plugins.permissions import current_user
from schillinger_plugins.recorder import _Budget
from schillinger_plugins.server import Scope, Server
from schillinger_plugins.server.runs import Run, Runs

from .conftest import ANY

Enter = Callable[..., httpx.Client]

EXECUTE = "/api/plugins/instances/{}/execute"


@pytest.fixture
def enter(server: Server, manager: PluginManager) -> Iterator[Enter]:
    """A user's client."""
    clients: list[httpx.Client] = []

    def enter(user: str, scope: Scope = Scope.RUN, at: Server = server) -> httpx.Client:
        headers = {"Authorization": f"Bearer {at.access.issue(scope, user=user)}"}
        clients.append(httpx.Client(base_url=at.url, headers=headers, timeout=30, trust_env=False))
        return clients[-1]

    yield enter
    for client in clients:
        client.close()


@pytest.fixture
def journaled(own_places: None) -> Iterator[Server]:
    """A server whose manager writes a journal."""
    with PluginManager(retention=Retention()) as manager:
        server = Server(manager, port=0)
        server.start()
        yield server
        server.stop()


def journal(server: Server) -> Journal:
    manager: PluginManager = server.app.state.manager
    assert manager.recorder.flush(30)
    return manager.permissions.journal


def made(client: httpx.Client, plugin_id: str = "resultant_rhythm", **headers: str) -> str:
    answer = client.post(f"/api/plugins/{plugin_id}/instances", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_an_instance_and_its_runs_are_not_there_for_others(enter: Enter, manager: PluginManager) -> None:
    """Neither in a list nor by their address; who manages sees, calls and ends them, and nobody learns that they exist."""
    ada, eve, grace = enter("ada"), enter("eve"), enter("grace", Scope.MANAGE)
    instance = made(ada)
    run = ada.post(EXECUTE.format(instance), json={"parameters": {"a": 3, "b": 2}}).json()
    assert (run["state"], run["user"]) == ("done", "ada")
    for method, path in (
        ("GET", f"/api/plugins/instances/{instance}"),
        ("POST", EXECUTE.format(instance)),
        ("DELETE", f"/api/plugins/instances/{instance}"),
        ("GET", f"/api/plugins/runs/{run['id']}"),
        ("GET", f"/api/plugins/runs/{run['id']}/events"),
        ("GET", f"/api/plugins/runs/{run['id']}/outputs/durations"),
        ("POST", f"/api/plugins/runs/{run['id']}/cancel"),
        ("DELETE", f"/api/plugins/runs/{run['id']}"),
    ):
        refused = eve.request(method, path)
        assert (refused.status_code, refused.json()["title"]) == (404, "UnknownPlugin"), path
        nothing = eve.request(method, path.replace(instance, "none-1").replace(run["id"], "none"))
        assert refused.text.replace(instance, "none-1").replace(run["id"], "none") == nothing.text
    for seer, known in ((ada, True), (eve, False), (grace, True)):
        assert [one["id"] for one in seer.get("/api/plugins/instances").json()["instances"]] == [instance] * known
        assert (run["id"] in [one["id"] for one in seer.get("/api/plugins/runs").json()["runs"]]) is known
        assert seer.get("/api/plugins/resultant_rhythm").json()["instances"] == [instance] * known
        assert [one["id"] for one in seer.get("/api/plugins/system/status").json()["instances"]] == [instance] * known
    assert grace.get(f"/api/plugins/runs/{run['id']}").json()["user"] == "ada"
    assert grace.post(EXECUTE.format(instance), json={"parameters": {"a": 3, "b": 2}}).status_code == 200
    assert ada.get(f"/api/plugins/runs/{run['id']}").status_code == 200
    assert grace.delete(f"/api/plugins/instances/{instance}").status_code == 204


def test_what_the_notebook_made_is_the_owners(enter: Enter, client: httpx.Client, manager: PluginManager) -> None:
    """Whoever has started the server, and who manages, see it; other users don't."""
    instance = manager.create_instance("resultant_rhythm").id
    assert enter("ada").get(f"/api/plugins/instances/{instance}").status_code == 404
    assert enter("grace", Scope.MANAGE).get(f"/api/plugins/instances/{instance}").json()["user"] == "owner"
    assert enter("owner", Scope.READ).get(f"/api/plugins/instances/{instance}").status_code == 200
    assert client.get(f"/api/plugins/instances/{instance}").status_code == 200


def test_another_users_run_cannot_be_cancelled(
    enter: Enter, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """It goes on; who manages may end it."""
    manager.load(write_plugin(body="await asyncio.sleep(60)", definition=ANY))
    ada = enter("ada")
    address = ada.post(EXECUTE.format(made(ada, "probe")), json={}, params={"wait": "false"}).headers["Location"]
    assert enter("eve").post(f"{address}/cancel").status_code == 404
    assert ada.get(address).json()["state"] == "running"
    assert enter("grace", Scope.MANAGE).post(f"{address}/cancel").json()["state"] == "cancelled"
    assert ada.get(address).json()["state"] == "cancelled"


def test_a_token_is_told_whose_it_is(enter: Enter, client: httpx.Client) -> None:
    """And what it is good for, so that a page knows what it can offer."""
    for seer, whose in (
        (enter("ada"), ("ada", "run")),
        (enter("eve", Scope.READ), ("eve", "read")),
        (client, ("owner", "manage")),
    ):
        status = seer.get("/api/plugins/system/status").json()
        assert (status["user"], status["scope"]) == whose


def test_figures_are_of_ones_own_instances(
    enter: Enter, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """A scrape tells nobody that others call something, or what and how long; who manages sees all."""
    manager.load(write_plugin(body="await asyncio.sleep(60)", definition=ANY))
    ada, eve, grace = enter("ada"), enter("eve", Scope.READ), enter("grace", Scope.MANAGE)
    hers, other = made(ada, "probe"), made(enter("eve"))
    ada.post(EXECUTE.format(hers), json={}, params={"wait": "false"})
    for seer, seen, calls in ((ada, {hers}, 1), (eve, {other}, 0), (grace, {hers, other}, 1)):
        samples = [
            sample for one in text_string_to_metric_families(seer.get("/metrics").text) for sample in one.samples
        ]
        assert {sample.labels["instance"] for sample in samples if "instance" in sample.labels} == seen
        assert {sample.value for sample in samples if sample.name == "schillinger_running_calls"} == {calls}
    ada.delete(f"/api/plugins/instances/{hers}")


def test_a_key_is_its_users(enter: Enter) -> None:
    """The same Idempotency-Key of two users makes two instances, each its own."""
    key = {"Idempotency-Key": "first"}
    ada, eve = enter("ada"), enter("eve")
    hers, other = made(ada, **key), made(eve, **key)
    assert hers != other
    assert (made(ada, **key), made(eve, **key)) == (hers, other)


def test_what_a_plugin_says_is_told_to_who_called_it(
    enter: Enter, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """One user's input may stand in it."""
    manager.load(write_plugin(body="print('heard', inputs['x']); return {'y': 1}", definition=ANY))
    ada, eve = enter("ada"), enter("eve")
    for user, client in (("ada", ada), ("eve", eve)):
        client.post(EXECUTE.format(made(client, "probe")), json={"inputs": {"x": user}})

    def heard(client: httpx.Client) -> set[str]:
        return {line["text"] for line in client.get("/api/plugins/probe/logs").json()["lines"]}

    assert heard(ada) == {"heard ada"}
    assert heard(eve) == {"heard eve"}
    assert heard(enter("grace", Scope.MANAGE)) == {"heard ada", "heard eve"}


def test_events_are_of_ones_own_instances(enter: Enter, server: Server, manager: PluginManager) -> None:
    """Through both doors: nothing of other users' instances; all for who manages; what happens to plugins, for everybody."""
    ada, eve, grace = enter("ada"), enter("eve"), enter("grace", Scope.MANAGE)
    seen: dict[str, list[dict[str, Any]]] = {"eve": [], "grace": []}
    path = "/api/plugins/events"
    with (
        eve.stream("GET", path) as stream,
        connect(
            server.url.replace("http", "ws") + path,
            additional_headers={"Authorization": grace.headers["Authorization"]},
            proxy=None,
        ) as socket,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        instance = made(ada)
        run = ada.post(EXECUTE.format(instance), json={"parameters": {"a": 3, "b": 2}}).json()
        ada.delete(f"/api/plugins/instances/{instance}")
        manager.unload("resultant_rhythm")
        while not seen["grace"] or seen["grace"][-1]["event"] != "unloaded":
            seen["grace"].append(json.loads(socket.recv(20)))
        name = ""
        while name != "unloaded":
            line = next(lines)
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
                seen["eve"].append({"event": name})
    of_instance = ["instance_created", "executed", "instance_destroyed"]
    assert [one["event"] for one in seen["grace"] if one["event"] in of_instance] == of_instance
    assert [one["event"] for one in seen["eve"] if one["event"] in of_instance] == []
    assert next(one for one in seen["grace"] if one["event"] == "executed")["run_id"] == run["id"]
    while manager.events.wants("executed"):
        ada.get("/health")


def test_one_id_leads_to_all_of_a_run(journaled: Server, enter: Enter, write_plugin: Callable[..., Path]) -> None:
    """What was answered, its provenance, the event, the log and the journal, where it is the user's who called."""
    manager: PluginManager = journaled.app.state.manager
    manager.load(write_plugin(body="print('here'); return {'y': 1 / inputs['x']}", definition=ANY))
    ada = enter("ada", at=journaled)
    instance = made(ada, "probe")
    told: list[Any] = []
    manager.events.subscribe(None, told.append)
    run = ada.post(EXECUTE.format(instance), json={"inputs": {"x": 1}}).json()
    assert run["provenance"]["run_id"] == run["id"]
    assert ada.get("/api/plugins/probe/logs").json()["lines"][0]["run_id"] == run["id"]
    failing = ada.post(EXECUTE.format(instance), json={"inputs": {"x": 0}}, params={"wait": "false"}).json()
    while ada.get(f"/api/plugins/runs/{failing['id']}").json()["state"] == "running":
        pass
    refused = ada.post(EXECUTE.format(instance), json={"parameters": {"gain_db": 99}}, params={"wait": "false"}).json()
    assert [event.data["run_id"] for event in told[:2]] == [run["id"], failing["id"]]
    while ada.get(f"/api/plugins/runs/{refused['id']}").json()["state"] == "running":
        pass
    book = journal(journaled)
    assert [(one.run_id, one.user, one.outcome) for one in book.runs()] == [
        (run["id"], "ada", "done"),
        (failing["id"], "ada", "failed"),
        (refused["id"], "ada", "failed"),
    ]
    assert {(line.user, line.text) for line in book.lines(run_id=run["id"])} == {("ada", "here")}
    assert {one.user for one in book.happenings() if one.name == "instance_created"} == {"ada"}


def test_parts_of_a_run_are_found_by_its_id(journaled: Server, enter: Enter, write_plugin: Callable[..., Path]) -> None:
    """The flow's run is the journal's RUN, the calls of its nodes are RUN.1, RUN.2, …, all the user's who ran it."""
    grace = enter("grace", Scope.MANAGE, at=journaled)
    rhythm = {"plugin": "resultant_rhythm", "parameters": {"a": 3, "b": 2}}
    nodes = [{"id": name, "type": "plugin", "data": rhythm} for name in ("one", "two")]
    nodes[1]["data"] = {**rhythm, "parameters": {"a": 4, "b": 3}}
    assert grace.put("/api/flows/study", json={"nodes": nodes, "edges": []}).status_code == 201
    run = grace.post("/api/flows/study/runs", json={}, params={"wait": "true"}).json()
    assert run["state"] == "done", run
    whole, found = journal(journaled).run(run["id"])
    assert whole is not None
    assert (whole.run_id, whole.kind, whole.name, whole.user) == (run["id"], "flow", "study", "grace")
    assert whole.nodes_ran == 2
    assert sorted(one.run_id for one in found) == [f"{run['id']}.1", f"{run['id']}.2"]
    assert {one.user for one in found} == {"grace"}
    by_node = {one["run_id"] for one in run["provenance"]["nodes"].values()}
    assert by_node == {one.run_id for one in found}


def test_what_the_owner_runs_is_the_system_users(journaled: Server, enter: Enter) -> None:
    """The token that is shown when a server begins is whoever began it, in the journal as well."""
    owner = enter("owner", at=journaled)
    owner.post(EXECUTE.format(made(owner)), json={"parameters": {"a": 3, "b": 2}})
    assert [one.user for one in journal(journaled).runs()] == [current_user()]


def test_every_run_that_a_client_was_told_of_has_its_record(journaled: Server, enter: Enter) -> None:
    """However fast they come: calls of a loop are summed up, those with an address are not."""
    ada = enter("ada", at=journaled)
    path = EXECUTE.format(made(ada))
    journaled.app.state.manager.recorder._budget = _Budget(0)
    ids = [ada.post(path, json={"parameters": {"a": 3, "b": 2}}).json()["id"] for _ in range(5)]
    assert [one.run_id for one in journal(journaled).runs()] == ids


def test_runs_are_listed_whole_while_others_begin() -> None:
    """Routes look at them from other threads than the one that begins them."""

    async def forever(run: Run) -> Any:
        await asyncio.Event().wait()

    async def story() -> None:
        runs = Runs(lambda: secrets.token_hex(4))
        first = runs.begin(forever)

        def sees(user: str) -> bool:
            runs.begin(forever)
            return True

        assert runs.all(sees) == [first]
        await runs.close(0)

    asyncio.run(story())

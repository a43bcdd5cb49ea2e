"""Rows of requests that lead from one to the next, made up by schemathesis along the links of the OpenAPI page.

What is made is looked at, called, run and ended, in whatever order. Where a row leads depends on what the answers before it
said, so rows are made up, from one seed after the other, until each address that matters has given its answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Server

from .conftest import ANY
from .test_openapi import CREATE, EXECUTE, PAGE

INSTANCE = "/api/plugins/instances/{instance_id}"
OUTPUTS = "/api/plugins/runs/{run_id}/outputs/{name}"
FLOW, FLOW_RUNS = "/api/flows/{name}", "/api/flows/{name}/runs"
CONFORMANCE = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
FEW = settings(
    max_examples=8,
    stateful_step_count=8,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
RIGHT: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", CREATE): {"body": {}, "headers": {}},
    ("POST", EXECUTE): {"body": {"inputs": {"x": 1}}, "query": {}},
    ("PUT", FLOW): {
        "body": {
            "nodes": [{"id": "one", "type": "plugin", "data": {"plugin": "probe", "parameters": {}}}],
            "edges": [],
        },
        "headers": {},
    },
    ("POST", FLOW_RUNS): {"body": {"nodes": ["one"]}, "query": {"wait": True}},
}
"""What leads on; what is made up beside it mostly ends at a 422."""

REACHED = [
    *(("POST", CREATE, 201), ("POST", EXECUTE, 200), ("DELETE", INSTANCE, 204)),
    *(("GET", INSTANCE, 200), ("GET", "/api/plugins/runs/{run_id}", 200)),
    *(("DELETE", "/api/plugins/runs/{run_id}", 204), ("PUT", FLOW, 201), ("POST", FLOW_RUNS, 200)),
    *(("GET", FLOW, 200), ("DELETE", FLOW, 204)),
]

MOST_SEEDS = 15

CHAINED = {(method, path) for method, path, _ in REACHED} | {("GET", "/api/plugins"), ("GET", "/api/flows")}


@pytest.fixture
def seen(
    client: httpx.Client, server: Server, manager: PluginManager, write_plugin: Callable[..., Path]
) -> Counter[tuple[str, str, int]]:
    """How often each address was answered how, when the machine has run."""
    manager.load(write_plugin(body="return {'y': inputs.get('x')}", definition=ANY))
    whole = schemathesis.openapi.from_dict(deepcopy(PAGE))  # it adds links of its own to it
    page = whole.include(lambda one: (one.operation.method.upper(), one.operation.path) in CHAINED)
    seen: Counter[tuple[str, str, int]] = Counter()

    class Machine(page.as_state_machine()):  # type: ignore[misc]  # its base is made at run time
        def setup(self) -> None:
            self.steps = 0
            client.put("/api/flows/study", json=RIGHT["PUT", FLOW]["body"])
            made = client.post("/api/plugins/probe/instances").json()["id"]
            self.known = {"plugin_id": "probe", "instance_id": made, "name": "study", "run_id": "none"}

        def before_call(self, case: schemathesis.Case) -> None:
            self.steps += 1
            which = (case.operation.method.upper(), case.operation.path)
            if self.steps % 4 and which in RIGHT:  # what is made up has its turn as well
                for name, value in RIGHT[which].items():
                    setattr(case, name, value)
                case.media_type = "application/json"
            for name in set(case.path_parameters or {}) & set(self.known):
                if self.steps % 4 and case.operation.path != OUTPUTS:
                    case.path_parameters[name] = self.known[name]

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {server.token}"}
            return {"base_url": server.url, "headers": headers, "timeout": 30}

        def validate_response(self, response: Any, case: schemathesis.Case, **_: Any) -> None:
            method, path = case.operation.method.upper(), case.operation.path
            seen[method, path, response.status_code] += 1
            assert response.status_code < 500 or response.status_code == 503, response.text
            case.validate_response(response, checks=CONFORMANCE)
            if response.status_code in (200, 201, 202) and method == "POST":
                self.known["instance_id" if path == CREATE else "run_id"] = response.json()["id"]
            if method == "DELETE" and response.status_code == 204 and path in (FLOW, INSTANCE):
                assert client.get(response.request.url).status_code == 404, "it was ended"

    for number in range(MOST_SEEDS):
        seed(number)(Machine)
        Machine.run(settings=FEW)
        if all(seen[which] for which in REACHED):
            break
    return seen


def test_what_is_made_can_be_followed_to_its_end(seen: Counter[tuple[str, str, int]]) -> None:
    """Each answer is one that the page describes, none says that the server has failed, and what was ended is gone."""
    assert not [which for which in REACHED if not seen[which]], seen

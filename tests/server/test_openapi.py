"""The OpenAPI page and the server, held against each other by schemathesis, address by address.

What it makes up is the same in every run. Ids are made up, too, but every other time those of what there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Access, Server, create_app

with PluginManager(paths=[]) as _manager:
    PAGE: dict[str, Any] = create_app(_manager, Access()).openapi()
CREATE = "/api/plugins/{plugin_id}/instances"
EXECUTE = "/api/plugins/instances/{instance_id}/execute"
SOUND = st.binary(max_size=64) | st.just(b"RIFF\x24\x00\x00\x00WAVEfmt ")
for media_type in ("audio/wav", "audio/flac"):
    schemathesis.openapi.media_type(media_type, SOUND)  # or it would never send any
ENDLESS = {"/api/plugins/events"}
"""Streams, which have tests of their own."""


OPERATIONS = [(path, method) for path, found in PAGE["paths"].items() if path not in ENDLESS for method in found]
CONFORMANCE = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
REPEATABLE = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def there(client: httpx.Client) -> Callable[[], dict[str, str]]:
    """Ids of what there is; what a case has destroyed is made anew."""
    known: dict[str, str] = {}

    def there() -> dict[str, str]:
        instance = known.get("instance_id", "none")
        if client.get(f"/api/plugins/instances/{instance}").is_error:
            known["instance_id"] = client.post("/api/plugins/resultant_rhythm/instances").json()["id"]
        run = known.get("run_id", "none")
        if client.get(f"/api/plugins/runs/{run}").is_error:
            path = f"/api/plugins/instances/{known['instance_id']}/execute"
            known["run_id"] = client.post(path, json={"parameters": {"a": 3, "b": 2}}).json()["id"]
        return {**known, "plugin_id": "resultant_rhythm", "name": "durations"}

    return there


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_every_address_keeps_its_word(
    server: Server, there: Callable[[], dict[str, str]], path: str, method: str
) -> None:
    """Whatever is sent, the answer is one that the page describes, and none says that the server has failed."""
    operation = schemathesis.openapi.from_dict(PAGE)[path][method]
    headers = {"Authorization": f"Bearer {server.token}"}
    takes_something = bool(operation.body) or bool(list(operation.iter_parameters()))
    modes = list(schemathesis.GenerationMode) if takes_something else [schemathesis.GenerationMode.POSITIVE]

    @REPEATABLE
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes)), real=st.booleans())
    def ask(case: schemathesis.Case, real: bool) -> None:
        if real and case.path_parameters:
            case.path_parameters.update({key: value for key, value in there().items() if key in case.path_parameters})
        answer = case.call(base_url=server.url, headers=headers, timeout=30)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        if answer.status_code == 503:
            assert "retry-after" in answer.headers
        case.validate_response(answer, checks=CONFORMANCE)

    ask()


def test_the_links_lead_somewhere(client: httpx.Client) -> None:
    """From what is made to what can be done with it, the destroying last: each answers with a success."""
    ids = {one["operationId"] for found in PAGE["paths"].values() for one in found.values()}
    answers = [
        answer for found in PAGE["paths"].values() for one in found.values() for answer in one["responses"].values()
    ]
    assert {link["operationId"] for answer in answers for link in answer.get("links", {}).values()} <= ids
    by_id = {one["operationId"]: (m, path) for path, found in PAGE["paths"].items() for m, one in found.items()}
    for path, status in ((CREATE, "201"), (EXECUTE, "200")):
        made = client.post("/api/plugins/resultant_rhythm/instances").json()
        if path == EXECUTE:
            made = client.post(EXECUTE.format(instance_id=made["id"]), json={"parameters": {"a": 3, "b": 2}}).json()
        for link in PAGE["paths"][path]["post"]["responses"][status]["links"].values():
            method, target = by_id[link["operationId"]]
            (name,) = link["parameters"]
            sent = {"parameters": {"a": 3, "b": 2}} if method == "post" else None
            assert client.request(method, target.format(**{name: made["id"]}), json=sent).is_success, target


def test_every_address_has_an_example_that_is_right() -> None:
    """Of what is sent and of what comes; each fits the schema that stands beside it."""
    for path, methods in PAGE["paths"].items():
        for method, operation in methods.items():
            answers = {status: answer for status, answer in operation["responses"].items() if status[0] == "2"}
            contents = [answer.get("content", {}) for answer in answers.values()]
            contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
            shown = [media for content in contents for media in content.values() if "example" in media]
            for media in shown:
                schema = {**media.get("schema", {}), "components": PAGE["components"]}
                jsonschema.validate(media["example"], schema)
            says_nothing = set(answers) == {"204"} or path.endswith("/outputs/{name}")
            assert shown or says_nothing, f"{method} {path} has no example"
            for parameter in operation.get("parameters", []):
                told = {**parameter, **parameter["schema"]}
                assert parameter["in"] != "path" or told.get("examples"), f"{parameter['name']} of {path}"

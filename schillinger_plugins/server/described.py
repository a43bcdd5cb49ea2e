"""Described: what the OpenAPI page has beside what FastAPI finds out: an example for every address, and what leads where.

Owns the examples, which a test holds against their schemas, and the links, along which tests walk. Called
by ``app``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..flow.document import FORMAT

if TYPE_CHECKING:
    from fastapi import FastAPI

_RUN = {
    "id": "9f3a61c2-17",
    "user": "ada",
    "instance_id": "resultant_rhythm-1",
    "plugin_id": "resultant_rhythm",
    "flow": None,
    "state": "done",
    "progress": 1.0,
    "message": "",
    "started_at": "2026-11-28T12:00:00.000+00:00",
    "outputs": {"durations": [2, 1, 1, 2]},
    "stats": {"wall_s": 0.001},
    "provenance": {"plugin_id": "resultant_rhythm", "parameters": {"a": 3, "b": 2}},
    "problem": None,
}
_OF_FLOW = {
    **_RUN,
    "instance_id": None,
    "plugin_id": None,
    "flow": "study",
    "state": "running",
    "progress": 0.0,
    "nodes": {"resultant_rhythm": {"state": "running", "progress": 0.0}},
    "outputs": None,
    "stats": None,
    "provenance": None,
}
_LISTED = {**_RUN, "outputs": None, "stats": None, "provenance": None}
_INSTANCE = {
    "id": "gain_node-1",
    "user": "ada",
    "plugin_id": "gain_node",
    "state": "ready",
    "waiting": 0,
    "memory_bytes": 9_000_000,
    "peak_memory_bytes": 12_000_000,
    "growth_bytes_per_call": 0.0,
    "leaks": False,
    "pace": {"calls_per_minute": 0.0, "p50_s": 0.0, "p90_s": 0.0, "p99_s": 0.0},
    "stats": {"calls": 0},
    "config": {},
}
_PLUGIN = {
    "id": "gain_node",
    "name": "Gain",
    "version": "1.0.0",
    "plugin_type": "NODE",
    "category": "Audio Processing",
    "description": "Makes a sound louder or quieter.",
    "state": "loaded",
    "error": None,
}
_WISH = {"permission": "execute", "wants": "run", "reason": ""}
_DETAILS = {
    **_PLUGIN,
    "content_hash": "5b0c…",
    "manifest": {"main_file": "main.py"},
    "definition": {"type": "gain_node", "label": "Gain"},
    "asks_for": [_WISH],
    "instances": ["gain_node-1"],
}
_PORT = {"name": "audio", "label": "Audio", "type": "audio"}
_DEFINITION = {
    "type": "gain_node",
    "label": "Gain",
    "inputs": [_PORT],
    "outputs": [_PORT],
    "parameters": [
        {"name": "gain_db", "label": "Gain", "type": "number", "default": 0, "min": -96, "max": 24, "unit": "dB"}
    ],
}
_LINE = {
    "at": "2026-11-28T12:00:00.000+00:00",
    "instance_id": "gain_node-1",
    "level": "info",
    "text": "INFO ready",
    "run_id": "",
    "version": "1.0.0",
}
_SAVED = {"name": "study", "bytes": 640, "saved_at": "2026-11-28T12:00:00.000+00:00"}
_FLOW = {
    "nodes": [
        {
            "id": "resultant_rhythm",
            "type": "plugin",
            "position": {"x": 0, "y": 0},
            "data": {"plugin": "resultant_rhythm", "parameters": {"a": 3, "b": 2}},
        }
    ],
    "edges": [],
    "viewport": {"x": 0, "y": 0, "zoom": 1},
    "schillinger": {"format": FORMAT, "name": "study", "seed": 1},
}
_ASK = {
    "id": "0f2a3b4c5d6e7f80",
    "plugin_id": "musicbrainz_lookup",
    "permission": "network",
    "wants": "reach musicbrainz.org",
    "reason": "looks recordings up",
    "user": "ada",
}
_PAGED = {"total": 1, "offset": 0, "limit": 100}

ANSWERS: dict[str, Any] = {
    "GET /api/plugins": {"plugins": [_PLUGIN], **_PAGED},
    "POST /api/plugins": {**_DETAILS, "state": "discovered", "instances": []},
    "GET /api/plugins/{plugin_id}": _DETAILS,
    "GET /api/plugins/{plugin_id}/definition": _DEFINITION,
    "GET /api/plugins/{plugin_id}/logs": {"lines": [_LINE], **_PAGED},
    "GET /api/plugins/system/status": {"level": "full", "instances": [], "runs": 0, "user": "ada", "scope": "run"},
    "POST /api/plugins/{plugin_id}/reload": _DETAILS,
    "POST /api/plugins/{plugin_id}/instances": _INSTANCE,
    "GET /api/plugins/instances": {"instances": [_INSTANCE], **_PAGED},
    "GET /api/plugins/instances/{instance_id}": _INSTANCE,
    "POST /api/plugins/instances/{instance_id}/execute": _RUN,
    "GET /api/plugins/runs": {"runs": [_LISTED], **_PAGED},
    "GET /api/plugins/runs/{run_id}": _RUN,
    "POST /api/plugins/runs/{run_id}/cancel": {**_LISTED, "state": "cancelled", "progress": 0.5},
    "GET /api/plugins/permissions": {"asks": [_ASK], **_PAGED},
    "POST /api/plugins/{plugin_id}/permissions": _ASK,
    "POST /api/plugins/permissions/{ask_id}/grant": _ASK,
    "GET /api/flows": {"flows": [_SAVED], **_PAGED},
    "GET /api/flows/{name}": _FLOW,
    "PUT /api/flows/{name}": _SAVED,
    "POST /api/flows/{name}/runs": _OF_FLOW,
    "POST /api/flows/runs": {**_OF_FLOW, "flow": ""},
    "POST /api/flows/problems": {
        "problems": [
            {
                "message": "the input 'audio' of 'gain_node' is missing",
                "node": "gain_node",
                "port": "audio",
                "remedy": "connect an output to it (audio)",
            }
        ]
    },
    "GET /health": {"status": "ok"},
    "GET /ready": {"status": "ready"},
}
"""What succeeds with JSON, by method and address."""

BODIES: dict[str, Any] = {
    "POST /api/plugins/{plugin_id}/instances": {"config": {}},
    "POST /api/plugins/instances/{instance_id}/execute": {"inputs": {}, "parameters": {"a": 3, "b": 2}, "seed": 1},
    "POST /api/plugins/{plugin_id}/permissions": {"permission": "network"},
    "PUT /api/flows/{name}": _FLOW,
    "POST /api/flows/problems": _FLOW,
    "POST /api/flows/{name}/runs": {"inputs": {}, "seed": 1},
    "POST /api/flows/runs": {"flow": _FLOW, "inputs": {}, "seed": 1},
}
"""What is sent."""

_TEXTS = {
    "/metrics": ("text/plain", 'schillinger_calls_total{instance="gain_node-1",plugin="gain_node"} 3.0\n'),
}
_EVENTS = {
    "/api/plugins/events": {"id": "1", "event": "executed", "data": '{"plugin_id": "gain_node"}'},
    "/api/plugins/runs/{run_id}/events": {"event": "run", "data": '{"id": "9f3a61c2-17", "state": "done"}'},
}
_EVENT = {
    "type": "object",
    "description": "each event of the stream",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}
_OF_RUN = ("run_id", "$response.body#/id", ("run_details", "cancel_run", "forget_run"))
_OF_INSTANCE = ("instance_id", "$response.body#/id", ("instance_details", "execute_instance", "destroy_instance"))
_LINKS = {
    "GET /api/plugins": ("plugin_id", "$response.body#/plugins/0/id", ("plugin_details", "create_instance")),
    "POST /api/plugins/{plugin_id}/instances": _OF_INSTANCE,
    "POST /api/plugins/instances/{instance_id}/execute": _OF_RUN,
    "GET /api/flows": ("name", "$response.body#/flows/0/name", ("fetch_flow", "run_flow")),
    "GET /api/flows/{name}": ("name", "$request.path.name", ("save_flow",)),
    "PUT /api/flows/{name}": ("name", "$response.body#/name", ("fetch_flow", "run_flow", "delete_flow")),
    "POST /api/flows/{name}/runs": _OF_RUN,
    "POST /api/flows/runs": _OF_RUN,
    "POST /api/plugins/{plugin_id}/permissions": (
        *("ask_id", "$response.body#/id"),
        ("grant_permission", "decline_permission"),
    ),
}
"""What leads where: the parameter that names the target's thing, where its name is found, and the targets."""

_PROBLEM = {
    "type": "https://schillinger-plugins.github.io/errors/UnknownPlugin",
    "title": "UnknownPlugin",
    "status": 404,
    "detail": "there is no plugin 'gain_nod'",
    "remedy": "did you mean 'gain_node'?",
}


def describe(app: FastAPI) -> None:
    """Have the application's page tell all this, too."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        page = plain()
        for path, methods in page["paths"].items():
            for method, operation in methods.items():
                _complete(f"{method.upper()} {path}", path, operation, page)
        return page

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way to say it


def _complete(key: str, path: str, operation: dict[str, Any], page: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if status.startswith("2") and "application/json" in content and key in ANSWERS:
            content["application/json"]["example"] = ANSWERS[key]
        if "application/problem+json" in content:
            content["application/problem+json"]["example"] = _PROBLEM
        if status == "200" and path in _TEXTS:
            media_type, text = _TEXTS[path]
            answer["content"] = {media_type: {"schema": {"type": "string"}, "example": text}}
        if status == "200" and path in _EVENTS:
            answer["content"] = {"text/event-stream": {"schema": _EVENT, "example": _EVENTS[path]}}
        if status in ("200", "201", "202") and key in _LINKS:
            parameter, found_at, targets = _LINKS[key]
            answer["links"] = {
                name: {"operationId": known, "parameters": {parameter: found_at}}
                for name in targets
                for known in [_operation_id(page, name)]
            }
    if key in BODIES:
        operation["requestBody"]["content"]["application/json"]["example"] = BODIES[key]


def _operation_id(page: dict[str, Any], name: str) -> str:
    return next(
        str(operation["operationId"])
        for methods in page["paths"].values()
        for operation in methods.values()
        if str(operation["operationId"]).startswith(f"{name}_")
    )

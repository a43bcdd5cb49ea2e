"""The contract as JSON Schema, which the page's types are made of.

Owns what msgspec can't say: that Python writes every field of what it tells, and that models of `definition` are part of
the state. Refuses two structs of one name in a widget's part. Called by ``python -m schillinger_plugins.widgets.contract``
and by the tests.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, get_args

import msgspec
from pydantic.json_schema import models_json_schema

from ...definition import NodeDefinition, Output, Parameter
from ...definition.panel import Panel
from . import analysis, bundle, flow, logs, node, panel, status, watch
from .words import Message, State

MODULES: dict[str, ModuleType] = {
    "analysis": analysis,
    "bundle": bundle,
    "flow": flow,
    "logs": logs,
    "node": node,
    "panel": panel,
    "status": status,
    "watch": watch,
}
"""By the name of the widget; ``bundle`` is every widget's."""

_MODELS = (NodeDefinition, Output, Panel, Parameter)
_REF = "#/$defs/{}"


def state_of(module: ModuleType) -> type[State]:
    """The struct of a widget's traits."""
    (state,) = (one for one in _structs(module).values() if issubclass(one, State))
    return state


def messages_of(module: ModuleType, door: str) -> list[type[Message]]:
    """What is said in one direction.

    Parameters
    ----------
    module : module
        Of the contract.
    door : str
        ``ToKernel`` or ``ToPage``; a widget need not have both.
    """
    union = getattr(module, door, None)
    return [] if union is None else list(get_args(union) or (union,))


def schema() -> dict[str, Any]:
    """All of the contract.

    Returns
    -------
    dict
        For each widget ``$defs`` with its structs by name, and with ``ToKernel`` and ``ToPage``, where it has them.
    """
    return {name: {"$defs": _definitions(module)} for name, module in MODULES.items()}


def _definitions(module: ModuleType) -> dict[str, Any]:
    doors = {door: messages_of(module, door) for door in ("ToKernel", "ToPage")}
    types = [state_of(module), *doors["ToKernel"], *doors["ToPage"]]
    _, found = msgspec.json.schema_components(types, ref_template=_REF.format("{name}"))
    known = _structs(module)
    definitions: dict[str, Any] = {}
    for name, part in sorted(found.items()):
        struct = known[name.rpartition(".")[2]]
        if issubclass(struct, (Message, State)):
            part["additionalProperties"] = False
        if struct not in doors["ToKernel"] and not struct.__struct_config__.omit_defaults:
            part["required"] = list(part["properties"])
        definitions[name] = _plain(part)
    definitions |= _models({ref for ref in _refs(definitions) if ref not in definitions})
    for door, messages in doors.items():
        if messages:
            definitions[door] = {"anyOf": [{"$ref": _REF.format(message.__name__)} for message in messages]}
    return definitions


def _structs(module: ModuleType) -> dict[str, type[msgspec.Struct]]:
    return {
        name: one
        for name, one in vars(module).items()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one not in (Message, State)
    }


def _models(names: set[str]) -> dict[str, Any]:
    """The models of these names and what they are made of."""
    models = [model for model in _MODELS if model.__name__ in names]
    if not models:
        return {}
    _, found = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REF.format("{model}"), title=None
    )
    return {name: _dumped(name, part) for name, part in found["$defs"].items()}


def _dumped(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """A model as ``model_dump`` writes it: every key is present."""
    about, _, _ = part.get("description", "").partition("\n\n")
    return {**_bare(part), "title": name, "description": about, "required": list(part["properties"])}


def _plain(part: Any) -> Any:
    """A reference says all: what stands beside it is what msgspec thinks that a dictionary is."""
    if isinstance(part, dict):
        if "$ref" in part:
            return {"$ref": part["$ref"]}
        if part.get("type") == "object" and "properties" not in part:
            part = {"additionalProperties": True, **part}
        return {key: _plain(one) for key, one in part.items()}
    return [_plain(one) for one in part] if isinstance(part, list) else part


def _bare(part: Any) -> Any:
    """Without titles, each of which would become a type of its own, and without defaults: every key is present."""
    if isinstance(part, list):
        return [_bare(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {name: _field(one) for name, one in value.items()} if key == "properties" else _bare(value)
        for key, value in part.items()
        if key not in ("title", "default")
    }


def _field(part: dict[str, Any]) -> dict[str, Any]:
    """A field that may hold anything says so: its compiler takes it for a dictionary."""
    anything = not {"type", "$ref", "anyOf", "enum", "const"} & part.keys()
    return {**_bare(part), "tsType": "unknown"} if anything else _bare(part)


def _refs(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if "$ref" in part else set()
        return own.union(*(_refs(one) for one in part.values()))
    return set().union(*(_refs(one) for one in part)) if isinstance(part, list) else set()

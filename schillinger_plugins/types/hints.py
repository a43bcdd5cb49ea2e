"""From typed hints to a node definition.

Owns which annotation becomes which port or parameter. An author annotates ``inputs``, ``parameters`` and the result of
`execute` with TypedDicts, whose items are types refined by `Annotated`::

    class Parameters(TypedDict):
        drive_db: Annotated[float, Parameter(6.0, min=0, max=40, unit="dB")]
        shape: Literal["tanh", "hard"]

What hints can't say, the values to try the node with, is an attribute of the class (`Plugin.example`).

Runs inside the worker only, where the plugin's classes are; the host checks what comes of it like any other definition.
Called by `Plugin.get_node_definition`, and by whoever asks a plugin to describe itself.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import numpy as np

from .audio import Audio
from .figure import Figure
from .file import File

if TYPE_CHECKING:
    from .plugin import Plugin

_WORDS: dict[Any, str] = {
    Audio: "audio",
    Figure: "figure",
    np.ndarray: "array",
    float: "number",
    int: "integer",
    bool: "boolean",
    str: "string",
    list: "list",
    dict: "object",
    bytes: "bytes",
    File: "file",
    Any: "any",
}
_SETTABLE = ("number", "integer", "boolean", "string", "choice", "file", "any")


class _Refinement:
    """Keys of a definition that a type alone doesn't tell."""

    def __init__(self, **keys: Any) -> None:
        self.keys = {key: value for key, value in keys.items() if value is not None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self.keys.items())})"


class Parameter(_Refinement):
    """What a parameter is beyond its type: the default first, then the keys that a definition has.

    Examples
    --------
    >>> Annotated[float, Parameter(440.0, min=20, max=20000, unit="Hz", scale="log")]  # doctest: +SKIP
    """

    def __init__(
        self,
        default: Any = None,
        *,
        type: str | None = None,
        min: float | None = None,
        max: float | None = None,
        step: float | None = None,
        unit: str | None = None,
        options: list[str] | None = None,
        scale: str | None = None,
        label: str | None = None,
        tooltip: str | None = None,
        automatable: bool | None = None,
        aliases: list[str] | None = None,
        accept: list[str] | None = None,
        max_bytes: int | None = None,
    ) -> None:
        super().__init__(
            default=default,
            type=type,
            min=min,
            max=max,
            step=step,
            unit=unit,
            options=options,
            scale=scale,
            label=label,
            tooltip=tooltip,
            automatable=automatable,
            aliases=aliases,
            accept=accept,
            max_bytes=max_bytes,
        )


class Port(_Refinement):
    """What an input is beyond its type."""

    def __init__(
        self, *, type: str | None = None, unit: str | None = None, label: str | None = None, tooltip: str | None = None
    ) -> None:
        super().__init__(type=type, unit=unit, label=label, tooltip=tooltip)


class Output(_Refinement):
    """What an output is beyond its type: the descriptors from which its plot follows."""

    def __init__(
        self,
        *,
        type: str | None = None,
        unit: str | None = None,
        label: str | None = None,
        tooltip: str | None = None,
        sample_type: str | None = None,
        sample_rate: float | None = None,
        times: str | None = None,
        bins: str | None = None,
        bin_names: list[str] | None = None,
        has_duration: bool | None = None,
    ) -> None:
        super().__init__(
            type=type,
            unit=unit,
            label=label,
            tooltip=tooltip,
            sample_type=sample_type,
            sample_rate=sample_rate,
            times=times,
            bins=bins,
            bin_names=bin_names,
            has_duration=has_duration,
        )


def described(plugin: Plugin) -> Any:
    """What a plugin returns as its definition, with the example that its class offers if there is none in it."""
    definition: Any = plugin.get_node_definition()
    offered = type(plugin).example  # an attribute of the object is its state
    if offered is None or not isinstance(definition, dict):
        return definition
    return {"example": offered, **definition}


def definition_of(plugin_class: type) -> dict[str, Any]:
    """The node definition that the annotations of a plugin class tell.

    Raises
    ------
    TypeError
        If they tell none, or something that no port or parameter can be.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for method in ("execute", "process", "generate"):
        function = _own(plugin_class, method)
        if function is not None:
            found = {**_read(function, plugin_class), **found}
    if plugin_class.plugin_type == "EFFECT":  # type: ignore[attr-defined]  # every plugin class has one
        audio = [{"name": "audio", "type": "audio", "label": "Audio"}]
        found = {"inputs": audio, "outputs": audio, "parameters": [], **found}
    if not found:
        raise TypeError(
            f"{plugin_class.__name__} describes no node: write get_node_definition(), "
            "or annotate inputs, parameters and the result of execute() with TypedDicts"
        )
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+", plugin_class.__name__)
    description, _, _ = inspect.cleandoc(plugin_class.__dict__.get("__doc__") or "").partition("\n\n")
    return {
        "type": "_".join(words).lower() or plugin_class.__name__,
        "label": " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])]),
        "description": " ".join(description.split()),
        "inputs": [],
        "outputs": [],
        "parameters": [],
        **found,
    }


def _own(plugin_class: type, method: str) -> Callable[..., Any] | None:
    """A method, if the author wrote it."""
    function = getattr(plugin_class, method, None)
    package = __name__.rpartition(".")[0]
    return function if function is not None and not function.__module__.startswith(package) else None


def _read(function: Callable[..., Any], plugin_class: type) -> dict[str, list[dict[str, Any]]]:
    where = f"{plugin_class.__name__}.{function.__name__}"
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(f"the annotations of {where} name {error.name}, which its module doesn't have") from error
    found: dict[str, list[dict[str, Any]]] = {}
    if is_typeddict(hints.get("inputs")):
        found["inputs"] = [_port(*item, where) for item in _items(hints["inputs"])]
    if is_typeddict(hints.get("parameters")):
        found["parameters"] = [_parameter(name, hint, where) for name, hint, _ in _items(hints["parameters"])]
    result = hints.get("return")
    if function.__name__ == "generate":
        yielded = _yielded(result)
        if yielded:
            found["outputs"] = yielded
            found.setdefault("parameters", [])
    elif is_typeddict(result):
        found["outputs"] = [_output(name, hint, where) for name, hint, _ in _items(result)]
    return found


def _items(fields: Any) -> list[tuple[str, Any, bool]]:
    """Name, annotation, and whether it must be there."""
    items = []
    for name, hint in get_type_hints(fields, include_extras=True).items():
        required = name in fields.__required_keys__
        if get_origin(hint) in (NotRequired, Required):
            required = get_origin(hint) is Required
            (hint,) = get_args(hint)
        items.append((name, hint, required))
    return items


def _port(name: str, hint: Any, required: bool, where: str) -> dict[str, Any]:
    kind, keys = _kind(name, hint, Port, where)
    _demand_port(name, kind, where)
    port = {"name": name, "label": _label(name), "type": kind, **keys}
    return port if required else {**port, "required": False}


def _output(name: str, hint: Any, where: str) -> dict[str, Any]:
    kind, keys = _kind(name, hint, Output, where)
    _demand_port(name, kind, where)
    return {"name": name, "label": _label(name), "type": kind, **keys}


def _demand_port(name: str, kind: str, where: str) -> None:
    if kind == "file":
        raise TypeError(f"`{name}` of {where} is a File, which only a parameter can be: annotate bytes")


def _parameter(name: str, hint: Any, where: str) -> dict[str, Any]:
    kind, keys = _kind(name, hint, Parameter, where)
    if "type" not in keys and kind not in _SETTABLE:
        raise TypeError(f"`{name}` in the parameters of {where} is {kind}: a parameter is {', '.join(_SETTABLE)}")
    return {"name": name, "label": _label(name), "type": kind, **keys}


def _kind(name: str, hint: Any, refinement: type[_Refinement], where: str) -> tuple[str, dict[str, Any]]:
    """The definition's word for a type, and the keys that refine it."""
    keys: dict[str, Any] = {}
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        for extra in extras:
            if isinstance(extra, refinement):
                keys.update(extra.keys)
            elif isinstance(extra, _Refinement):
                raise TypeError(
                    f"`{name}` of {where} is refined by {type(extra).__name__}(…), it takes {refinement.__name__}(…)"
                )
    origin = get_origin(hint)
    if origin is Literal and all(isinstance(option, str) for option in get_args(hint)):
        if refinement is not Parameter:
            return "string", keys
        return "choice", {"options": list(get_args(hint)), **keys}
    if origin in (Union, types.UnionType):  # an output may be None: there is no such value
        rest = [part for part in get_args(hint) if part is not type(None)]
        hint, origin = (rest[0], get_origin(rest[0])) if len(rest) == 1 else (Any, None)
    word = keys.get("type") or _WORDS.get(origin or hint)
    if word is None and is_typeddict(hint):
        word = "object"
    if word is None:
        known = ", ".join(getattr(kind, "__name__", "Any") for kind in _WORDS)
        raise TypeError(f"`{name}` of {where} is annotated {hint!r}: it takes {known} or a Literal of strings")
    return word, keys


def _yielded(hint: Any) -> list[dict[str, Any]]:
    (item,) = get_args(hint)[:1] or (None,)
    kinds = get_args(item) if get_origin(item) in (Union, types.UnionType) else (item,)
    outputs = []
    if Audio in kinds:
        outputs.append({"name": "audio", "label": "Audio", "type": "audio"})
    if any(is_typeddict(kind) or kind is dict for kind in kinds):
        outputs.append({"name": "events", "label": "Events", "type": "events"})
    return outputs


_UNITS = ("db", "hz", "s", "ms", "bpm", "percent")


def _label(name: str) -> str:
    words = name.split("_")
    if len(words) > 1 and words[-1] in _UNITS:  # the unit is shown beside the value
        words = words[:-1]
    return " ".join(words).capitalize()

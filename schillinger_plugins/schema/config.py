"""A plugin's own JSON Schema, applied to its configuration.

Owns the dialect: Draft 2020-12 without what lets a schema from a stranger hurt its reader. Refused are references
that leave the schema (nothing is ever fetched), ``$dynamicRef`` and ``patternProperties``. A ``pattern`` is matched
by an engine whose time is linear in the text (Rust's; so no look-around and no back-references), and a check ends
after a fixed number of steps. ``format`` is taken as a comment, as the standard has it. Called by ``manifest``.

What this does not protect from: a schema that is merely wrong, for example one that accepts everything.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from types import ModuleType
from typing import Any

from .json_text import json_path
from .strict import Flaw, show

MAX_SCHEMA_CHARS = 64 * 1024
MAX_CONFIG_CHARS = 64 * 1024
MAX_STEPS = 100_000
"""Keywords evaluated in one check; about a second."""

_REFUSED = {
    "$dynamicRef": "use $ref",
    "$recursiveRef": "use $ref",
    "patternProperties": "use properties and additionalProperties",
}


_steps: ContextVar[int] = ContextVar("steps", default=0)


class _TooManySteps(Exception):
    pass


def schema_flaws(schema: Mapping[str, Any], *, root: str = "$.config_schema") -> list[Flaw]:
    """What is wrong with a schema itself.

    Parameters
    ----------
    schema : Mapping
        Plain data. The empty schema accepts everything.
    root : str
        Where it stands, for the paths.
    """
    if not schema:
        return []
    if (size := len(json.dumps(schema))) > MAX_SCHEMA_CHARS:
        return [Flaw(message=f"a schema of {size} characters, at most {MAX_SCHEMA_CHARS} are read", path=root)]
    flaws = list(_refused_parts(schema, root))
    if flaws:
        return flaws
    _import_jsonschema()
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        place = json_path(list(error.absolute_path), root)
        return [
            Flaw(message=f"no valid JSON Schema: {_short(error.message)}", path=place, remedy="see json-schema.org")
        ]
    except RecursionError:
        return [Flaw(message="a JSON Schema nested too deep", path=root)]
    return []


def config_flaws(schema: Mapping[str, Any], config: Mapping[str, Any], *, root: str) -> list[Flaw]:
    """What in `config` breaks `schema`, which has been checked by `schema_flaws`."""
    if not schema:
        return []
    if (size := len(json.dumps(config))) > MAX_CONFIG_CHARS:
        return [Flaw(message=f"a configuration of {size} characters, at most {MAX_CONFIG_CHARS} are read", path=root)]
    import referencing

    _import_jsonschema()
    # An explicit registry: the default one fetches what it doesn't know.
    registry: referencing.Registry[Any] = referencing.Registry()
    _steps.set(0)
    try:
        errors = list(_dialect()(dict(schema), registry=registry).iter_errors(dict(config)))
    except _TooManySteps:
        return [
            Flaw(
                message=f"the schema takes more than {MAX_STEPS} steps to check",
                path=root,
                remedy="make config_schema simpler",
            )
        ]
    except RecursionError:
        return [Flaw(message="the schema refers to itself without end", path=root, remedy="remove the circle of $ref")]
    except _unresolvable() as error:
        return [Flaw(message=f"config_schema has a $ref to nothing: {_short(str(error))}", path=root)]
    return [Flaw(message=_short(e.message), path=json_path(list(e.absolute_path), root)) for e in errors]


def _refused_parts(schema: Mapping[str, Any], root: str) -> Iterator[Flaw]:
    rest: list[tuple[Any, list[str | int]]] = [(schema, [])]
    while rest:
        value, path = rest.pop()
        if isinstance(value, list):
            rest.extend((item, [*path, index]) for index, item in enumerate(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                place = json_path([*path, key], root)
                # Under "properties" these words are names that the plugin chose.
                if path[-1:] != ["properties"]:
                    if key in _REFUSED:
                        yield Flaw(message=f"{key} is not supported", path=place, remedy=_REFUSED[key])
                    elif key == "$ref" and isinstance(item, str) and not item.startswith("#"):
                        message = f"a reference to {show(item)}, outside the schema; nothing is fetched"
                        yield Flaw(message=message, path=place, remedy="copy it into $defs")
                    elif key == "pattern" and isinstance(item, str) and (fault := _pattern_fault(item)):
                        yield Flaw(message=f"the pattern {show(item)} can't be used: {fault}", path=place)
                rest.append((item, [*path, key]))


@cache
def _import_jsonschema() -> None:
    """Without the grammar that it would build beside for the format ``iri``, which here is a comment.

    Where JupyterLab is installed, that grammar is, too, and building it takes three times as long as all else that finding
    plugins does. Whoever else in this process checks that format builds it by doing so.
    """
    grammar = "rfc3987_syntax"
    if {"jsonschema", grammar} & sys.modules.keys() or importlib.util.find_spec(grammar) is None:
        return

    def is_valid_syntax(term: str, value: str) -> bool:
        return bool(importlib.import_module(grammar).is_valid_syntax(term, value))

    later: Any = ModuleType(grammar)
    later.is_valid_syntax = is_valid_syntax
    sys.modules[grammar] = later
    try:
        importlib.import_module("jsonschema")
    finally:
        sys.modules.pop(grammar, None)  # another thread may have done the same


@cache
def _dialect() -> Any:
    """The validator class: made once, since making one takes longer than a typical check."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def counted(keyword: Callable[..., Any]) -> Callable[..., Any]:
        def evaluate(validator: Any, value: Any, instance: Any, parent: Any) -> Iterator[Any]:
            steps = _steps.get() + 1
            _steps.set(steps)
            if steps > MAX_STEPS:
                raise _TooManySteps
            yield from keyword(validator, value, instance, parent) or ()

        return evaluate

    def pattern(validator: Any, value: str, instance: Any, parent: Any) -> Iterator[Any]:
        if validator.is_type(instance, "string") and not _matches(value, instance):
            yield ValidationError(f"{instance!r} does not match {value!r}")

    def unique_items(validator: Any, value: bool, instance: Any, parent: Any) -> Iterator[Any]:
        # jsonschema compares every pair; this is linear.
        if value and validator.is_type(instance, "array"):
            distinct = {json.dumps(item, sort_keys=True) for item in instance}
            if len(distinct) < len(instance):
                yield ValidationError(f"{instance!r} has non-unique elements")

    keywords = {**Draft202012Validator.VALIDATORS, "pattern": pattern, "uniqueItems": unique_items}
    return extend(  # type: ignore[no-untyped-call]  # types-jsonschema leaves it untyped
        Draft202012Validator, {name: counted(keyword) for name, keyword in keywords.items()}
    )


def _pattern_fault(pattern: str) -> str | None:
    from pydantic_core import SchemaError

    try:
        _matches(pattern, "")
    except SchemaError as error:
        return _short(" ".join(str(error).split())[-160:])
    return None


def _matches(pattern: str, text: str) -> bool:
    from pydantic_core import SchemaValidator, ValidationError, core_schema

    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")).validate_python(text)
    except ValidationError:
        return False
    return True


def _unresolvable() -> type[Exception]:
    from referencing.exceptions import Unresolvable

    return Unresolvable


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:200] + " … " + text[-80:]

"""JSON text to plain data, with bounds.

Owns what JSON is taken for: UTF-8, at most 1 MiB, nested at most 64 deep, keys unique, numbers finite and integers
within 64 bits, strings that can be written down again. Refuses everything else with `NotPlain`, whose message says
which rule and where. Called by ``manifest`` with a file's bytes, and by ``definition`` with what a worker sent.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 100_000

_KEY = re.compile(r'"\s*:')
_LONG_INTEGER = re.compile(r"[0-9]{19}")
_CONTAINERS = (dict, list)
_UNCLEAR = object()
_INT64 = range(-(2**63), 2**64)


class NotPlain(ValueError):
    """Text or data that breaks a rule of this module; `path` says where, as ``$.a[2]``."""

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(message)
        self.path = path


def read_json(text: bytes | str) -> Any:
    """Parse `text`.

    Parameters
    ----------
    text : bytes or str
        At most 1 MiB. A byte order mark is ignored.

    Returns
    -------
    Any
        None, booleans, integers, floats, strings, lists and dictionaries.

    Raises
    ------
    NotPlain
        For anything that is not JSON or exceeds a bound.
    """
    if len(text) > MAX_BYTES:
        raise NotPlain(f"{len(text)} bytes long, at most {MAX_BYTES} are read")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotPlain(f"not UTF-8: byte {error.start} is {text[error.start]:#04x}") from error
    quick = _read_quickly(text)
    if quick is not _UNCLEAR:
        return quick
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except NotPlain:
        raise
    except json.JSONDecodeError as error:
        raise NotPlain(f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise NotPlain(f"nested more than {MAX_DEPTH} deep") from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise NotPlain(f"not readable: {error}") from error
    check_plain(data)
    return data


def _read_quickly(text: str) -> Any:
    """What the text says if it is plain beyond doubt, as nearly every one is; `_UNCLEAR` leaves it to the slow way.

    msgspec is ten times as fast and refuses what breaks the rules of numbers and characters by itself. It doesn't mind a
    key that is there twice: then there are more colons behind quotes than keys.
    """
    if len(text) > MAX_VALUES or text.count("{") + text.count("[") > MAX_DEPTH or _LONG_INTEGER.search(text):
        return _UNCLEAR
    try:
        data = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return _UNCLEAR
    return data if _keys(data) == len(_KEY.findall(text)) else _UNCLEAR


def _keys(data: Any) -> int:
    if type(data) is dict:
        return len(data) + sum([_keys(item) for item in data.values() if type(item) in _CONTAINERS])
    if type(data) is list:
        return sum([_keys(item) for item in data if type(item) in _CONTAINERS])
    return 0


def check_plain(data: Any, *, max_values: int = MAX_VALUES) -> None:
    """Refuse data that is not JSON, too deep or too much.

    Walks without recursion, so that nothing an attacker nests (a list that holds itself, too) exhausts the stack.

    Raises
    ------
    NotPlain
        With the path of the first offence.
    """
    left = max_values
    rest: list[tuple[Any, tuple[str | int, ...]]] = [(data, ())]
    while rest:
        value, path = rest.pop()
        left -= 1
        if left < 0:
            raise NotPlain(f"more than {max_values} values")
        if len(path) > MAX_DEPTH:
            raise NotPlain(f"nested more than {MAX_DEPTH} deep", json_path(path[:3]))
        if value is None or isinstance(value, bool):
            continue
        if isinstance(value, str):
            _check_string(value, path)
        elif isinstance(value, int):
            if value not in _INT64:
                raise NotPlain("an integer of more than 64 bits", json_path(path))
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise NotPlain(f"{value} is no JSON number", json_path(path))
        elif isinstance(value, dict):
            left -= len(value)
            for key, item in value.items():
                if not isinstance(key, str):
                    raise NotPlain(f"a key is a {type(key).__name__}, not a string", json_path(path))
                _check_string(key, path)
                rest.append((item, (*path, key)))
        elif isinstance(value, (list, tuple)):
            if len(value) > left:
                raise NotPlain(f"more than {max_values} values", json_path(path))
            rest.extend((item, (*path, index)) for index, item in enumerate(value))
        else:
            raise NotPlain(f"a {type(value).__name__} is no JSON value", json_path(path))


def json_path(parts: tuple[str | int, ...] | list[str | int], root: str = "$") -> str:
    """``$.parameters[2].min`` for ``("parameters", 2, "min")``; long keys are cut.

    >>> json_path(["parameters", 2, "min"])
    '$.parameters[2].min'
    """
    text = root
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if len(part) <= 64 else part[:63] + "…"
            text += f".{key}" if key.isidentifier() or key[:1] == "$" else f"[{key!r}]"
    return text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotPlain(f"the key {key[:64]!r} is there twice; which one counts can't be known")
            seen.add(key)
    return result


def _refuse_constant(name: str) -> Any:
    raise NotPlain(f"{name} is no JSON number")


def _check_string(text: str, path: tuple[str | int, ...]) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise NotPlain("a string holds half of a surrogate pair, which is no character", json_path(path)) from error

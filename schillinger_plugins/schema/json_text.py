"""JSON text to plain data, with bounds.

Owns what JSON is taken for: UTF-8, at most 1 MiB, nested at most 64 deep, keys unique, numbers finite and integers
within 64 bits, strings that can be written down again. Refuses everything else with `NotPlain`, whose message says
which rule and where. Called by ``manifest`` with a file's bytes, and by ``definition`` with what a worker sent.
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 100_000

_UNCLEAR: Any = object()
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
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
        quick = _read_quickly(text)
        if quick is not _UNCLEAR:
            return quick
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotPlain(f"not UTF-8: byte {error.start} is {text[error.start]:#04x}") from error
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


def _read_quickly(text: bytes) -> Any:
    """What the text says if it is plain beyond doubt, as nearly every one is; `_UNCLEAR` leaves it to the slow way.

    msgspec is three times as fast as `json` and refuses by itself what breaks the rules of characters and fractions. What it
    minds less than this module does is seen without looking at every value in Python:

    - A key that is there twice. Every key comes with a colon, and what is written down again lacks those of the keys that
      gave way, and of what they held. None can come in to make up for it but one that was escaped.
    - Integers of more than 64 bits, which MessagePack hasn't got.
    - Nesting, which few brackets can't make deep.
    """
    if len(text) > MAX_VALUES or (b"\\" in text and b"\\u003" in text):
        return _UNCLEAR
    try:
        data = _decode(text)
        again = _encode(data)
        if again.count(b":") != text.count(b":"):
            return _UNCLEAR
        _pack(data)
    except (ValueError, OverflowError, RecursionError):  # msgspec's own errors are ValueErrors
        return _UNCLEAR
    if again.count(b"{") + again.count(b"[") > MAX_DEPTH and _is_deep(data):
        return _UNCLEAR
    return data


def _is_deep(data: Any) -> bool:
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += value.values()
            elif isinstance(value, list):
                below += value
        if not below:
            return False
        level = below
    return True


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

"""Packing: data in a field of a record, as JSON, and out of it again.

Owns what becomes of data that has no such form, or is too large for a record. Called by ``recorder``, ``happenings`` and
``export``.
"""

from __future__ import annotations

from typing import Any

import msgspec

MAX_CHARS = 64_000


def packed(value: Any) -> str:
    """As JSON; in the place of what can't be told, why."""
    try:
        text = msgspec.json.encode(value, enc_hook=str).decode()
    except (TypeError, ValueError, RecursionError) as error:
        return msgspec.json.encode({"not told": str(error)[:200]}).decode()
    if len(text) > MAX_CHARS:
        return msgspec.json.encode({"not told": f"{len(text)} characters, more than {MAX_CHARS}"}).decode()
    return text


def unpacked(text: str) -> Any:
    """The data; the text itself, if it was cut."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text

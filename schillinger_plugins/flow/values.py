"""Values: what of a value a flow can save.

Owns the way from Python's values to plain data, and the words for what stays beside the document: sounds and arrays. Called
by ``editing``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..result import brief
from ..schema.json_text import NotPlain, check_plain
from ..schema.strict import show
from ..types import Audio
from .document import demand_texts


def plain(value: Any, name: str, plugin: str) -> Any:
    """A value as it is saved. Raises `InputError` for what plain data can't express."""
    value = _listed(value)
    try:
        check_plain(value)
    except NotPlain as error:
        message = f"{show(name)} can't be saved: {error}"
        raise InputError(message, plugin_id=plugin, remedy="give numbers, texts, lists", path=error.path) from None
    demand_texts(value, [name])
    return value


def _listed(value: Any) -> Any:
    """Lists for tuples and arrays, Python's own numbers for NumPy's; a value that holds itself stays as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    try:
        if isinstance(value, (list, tuple)):
            return [_listed(item) for item in value]
        if isinstance(value, Mapping):
            return {key: _listed(item) for key, item in value.items()}
    except RecursionError:
        pass
    return value


def savable(value: Any, kind: str) -> Any:
    """A value as plain data, or None if it has to be held beside the document."""
    if isinstance(value, np.generic):
        value = value.item()
    if kind == "audio" and not isinstance(value, str):
        return None
    if not isinstance(value, (str, bool, int, float, list, dict)):
        return None
    try:
        check_plain(value, max_values=10_000)
        demand_texts(value, ["value"])
    except (NotPlain, InputError):
        return None
    return value


def held_words(value: Any) -> str:
    """What is said of a value that isn't saved."""
    try:
        sound = Audio(*value) if isinstance(value, (tuple, list)) and len(value) == 2 else value
    except (TypeError, ValueError):
        sound = value
    return (repr(sound) if isinstance(sound, Audio) else brief(value))[:200]

"""The key of a call, and what is held under it."""

from __future__ import annotations

from typing import Any

import pytest

from schillinger_plugins.flow.cache import Cache, key_of

CALL: dict[str, Any] = {
    "plugin_id": "gain_node",
    "content_hash": "ab",
    "steps": {"inner": "cd"},
    "parameters": {"gain_db": -6.0},
    "config": {"quality": 1},
    "seed": 7,
    "inputs": {"audio": "ef"},
}


@pytest.mark.parametrize(
    "other",
    [
        {"plugin_id": "gain_nod"},
        {"content_hash": "ac"},
        {"steps": {"inner": "ce"}},
        {"parameters": {"gain_db": -6.5}},
        {"config": {"quality": 2}},
        {"seed": 8},
        {"inputs": {"audio": "eg"}},
        {"inputs": {"side": "ef"}},
    ],
)
def test_another_call_has_another_key(other: dict[str, Any]) -> None:
    """Whatever of it is another: code, parameters, configuration, seed, or the content of an input."""
    assert key_of(**CALL) == key_of(**CALL)
    assert key_of(**{**CALL, **other}) != key_of(**CALL)


def test_what_was_used_longest_ago_makes_room() -> None:
    """Within the bound in bytes; what alone is more than that is not kept, and drops what stood in its place."""
    cache = Cache(100)
    cache.put("a", "A", 40)
    cache.put("b", "B", 40)
    assert cache.get("a") == "A"
    cache.put("c", "C", 40)
    assert [cache.get(key) for key in "abc"] == ["A", None, "C"]
    assert cache.bytes == 80
    cache.put("a", "A", 101)
    assert (cache.get("a"), cache.bytes, len(cache)) == (None, 40, 1)

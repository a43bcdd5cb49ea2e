"""JSON text: the fast way and the slow way say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schillinger_plugins.schema.json_text import MAX_DEPTH, MAX_VALUES, NotPlain, read_json

KEYS = st.sampled_from(["a", "b", ":", "a:b", '"', "\\", "é", "", "\\u003a", '":'])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**66), 2**66)
    | st.floats()
    | KEYS
    | st.text(max_size=5)
    | st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
)


class Pairs(list[tuple[str, Any]]):
    """An object whose keys may be there twice."""


VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(KEYS, inner), max_size=4).map(Pairs)
)


def written(value: Any, draw: Any) -> str:
    """JSON, with keys twice where there are, blanks and escapes as drawn."""
    blank = draw(st.sampled_from(["", " ", "\n\t"]))
    if isinstance(value, Pairs):
        items = [f"{written(key, draw)}{blank}:{blank}{written(item, draw)}" for key, item in value]
        return "{" + blank + f"{blank},".join(items) + blank + "}"
    if isinstance(value, list):
        return "[" + f"{blank},{blank}".join(written(item, draw) for item in value) + "]"
    if isinstance(value, str) and draw(st.booleans()):
        return '"' + "".join(f"\\u{unit:04x}" for unit in _utf16(value)) + '"'
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


def _utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2)]


def outcome(text: bytes | str) -> Any:
    try:
        return repr(read_json(text))
    except NotPlain:
        return NotPlain


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_both_ways_say_the_same(data: st.DataObject) -> None:
    """Bytes, which are read fast where that is safe, give what text gives, which is read slowly; or both are refused."""
    text = written(data.draw(VALUES), data.draw)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return
    assert outcome(raw) == outcome(text)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet='{}[]":,\\ua0139.eE+-truefalsn \n', max_size=40))
@example('{"a":1,"\\u0061":2}')
@example('{"a":":","a":"\\u003a:"}')
@example('{"a":{"b":1},"a":"\\u003A\\u003A\\u003A"}')
@example("[1e400]")
@example("[-0.0]")
@example("[1E5, 0.1, 1e-400]")
def test_what_looks_like_json_is_taken_alike(text: str) -> None:
    """Near misses are judged alike by both ways."""
    assert outcome(text.encode()) == outcome(text)


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH + 2, 200])
@pytest.mark.parametrize("opening", ["[", '{"a":', '["]", ['])
def test_both_ways_count_depth_alike(depth: int, opening: str) -> None:
    """Brackets in strings neither hide depth nor add to it, and the bound is the same to the level."""
    closing = {"[": "]", '{"a":': "}", '["]", [': "]]"}[opening]
    text = opening * depth + "1" + closing * depth
    assert outcome(text.encode()) == outcome(text)


def test_many_values_are_counted_alike() -> None:
    """The bound on values holds for bytes, too, and shallow ones with many brackets are read."""
    for count in (MAX_VALUES // 2 - 10, MAX_VALUES + 10):
        text = "[" + ",".join(["1"] * count) + "]"
        assert outcome(text.encode()) == outcome(text)
    assert read_json(b"[" + b",".join([b"[]"] * 1000) + b"]") == [[]] * 1000

"""What a worker writes to its log and its trace: any bytes become a bounded record that can be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.sandbox.log import MAX_LINE_CHARS, MAX_LINES, Log
from schillinger_plugins.sandbox.printable import printable
from schillinger_plugins.sandbox.trace import KINDS, MAX_CHARS, MAX_EVENTS

from .strategies import fuzzed

pieces = st.lists(
    st.binary(max_size=60)
    | st.sampled_from(
        [
            b"\n",
            b"\n" * 5000,
            b"x" * 10_000,
            b"\xff" * 3000,
            "é".encode()[:1],
            "\x1b[2J\u202e\u2028\n".encode(),
            b'["open","/etc/passwd"]\n',
            b'["fetch","\\ud800\\u001b[2J"]\n',
            b'["' + b"k" * 5000 + b'","what"]\n',
            b"[" * 20_000 + b"\n",
            b'["open",1]\n',
            b'{"a":1}\n',
        ]
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends, of which the reader never waits."""
    ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    yield ends
    for end in ends:
        os.close(end)


@fuzzed(150)
@given(said=pieces)
def test_any_bytes_are_lines(pipe: tuple[int, int], said: list[bytes]) -> None:
    """Bounded in number and length, without control characters, and all that was dropped is counted."""
    reader, writer = pipe
    log = Log("fuzzed", "fuzzed-1")
    for piece in [*said, b"\n"]:
        os.write(writer, piece)
        assert log.drain(reader)
        assert log.drain(reader)  # there is no more: it doesn't wait
    lines = log.lines()
    assert len(lines) <= MAX_LINES
    assert log.told_bytes == sum(map(len, said)) + 1
    assert len(lines) + log.dropped >= b"".join(said).count(b"\n") + 1
    for line in lines:
        assert len(line.text) <= MAX_LINE_CHARS
        assert printable(line.text) == line.text


@fuzzed(150)
@given(said=pieces)
def test_any_bytes_are_events(pipe: tuple[int, int], said: list[bytes]) -> None:
    """Of a known kind, from the worker whatever it says, bounded, and fit to be shown."""
    reader, writer = pipe
    trace = Log("fuzzed", "fuzzed-1").trace
    for piece in [*said, b"\n"]:
        os.write(writer, piece)
        assert trace.drain(reader)
        assert trace.drain(reader)
    assert len(trace.events()) <= MAX_EVENTS
    for event in trace.events():
        assert event.kind in KINDS
        assert event.source == "worker"
        assert len(event.what) <= MAX_CHARS
        assert printable(event.what) == event.what

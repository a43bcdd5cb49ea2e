"""Shared memory is given back, whoever has kept a view of it."""

from __future__ import annotations

import os

import numpy as np
import pytest

from schillinger_plugins.sandbox.segment import Segment


def test_a_view_that_was_kept_is_readable_after_the_end() -> None:
    """Closing neither fails nor takes the memory from under a view; the descriptor is closed at once."""
    segment = Segment(100, writable=False)
    segment.view[0] = 7
    kept = np.frombuffer(segment.view, np.uint8)
    segment.close()
    assert kept[0] == 7
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(segment.descriptor)


def test_a_reader_keeps_it_open_and_the_last_one_closes_it() -> None:
    segment = Segment(100, writable=False)
    first, second = segment.hold(), segment.hold()
    segment.close()
    first()
    assert os.fstat(segment.descriptor).st_size == segment.size
    second()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(segment.descriptor)


def test_one_that_is_forgotten_is_closed() -> None:
    segment = Segment(100, writable=False)
    descriptor = segment.descriptor
    del segment
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)

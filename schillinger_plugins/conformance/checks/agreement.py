"""Checks that the plugin does what its papers say: the definition, the example, the outputs."""

from __future__ import annotations

import contextlib

import numpy as np

from ...definition import Output
from ...errors import PluginError
from ...result import Result
from ...types import Audio
from ..check import Check, Failed, Refused, Uncalled
from ..subject import Subject

GROUP = "agreement"


def _definition(subject: Subject) -> str | None:
    # A plugin that is loaded has been asked once, and agreed: one whose definition depends on luck or on the time differs.
    with contextlib.suppress(PluginError):
        if subject.definition_asked_again() != subject.definition:
            raise Failed("get_node_definition() returns something else in another process: a definition never changes")
    if subject.manifest.definition is None:
        return "plugin.json has no definition, so the node can't be drawn before the plugin is loaded"
    return None


def _simplest_call(subject: Subject) -> None:
    case = subject.case()
    try:
        result = subject.fresh(case)
    except Refused as refusal:
        if subject.may_refuse:
            raise Uncalled(subject.untried(refusal)) from None
        raise Failed(f"it refuses plain input: {refusal.message}", case) from None
    subject.demand_finite(result, case)


def _descriptors(subject: Subject) -> None:
    """``times`` as long as the last axis, ``bins`` as the first, ``bin_count`` and ``bin_names`` likewise."""
    case = subject.case()
    result = subject.fresh(case)
    for port in subject.definition.outputs:
        value = result[port.name]
        if value is None:
            continue
        wrong = _shape(port, result)
        if wrong:
            raise Failed(wrong, case)
        if isinstance(value, Audio) and port.sample_rate and port.sample_rate != value.sample_rate:
            raise Failed(f"{port.name} is said to be at {port.sample_rate:g} Hz and is at {value.sample_rate} Hz", case)


def _shape(port: Output, result: Result) -> str:
    lengths = _lengths(result[port.name])
    if lengths is None:
        return ""
    first, last = lengths
    for key, length, which in (("times", last, "last"), ("bins", first, "first")):
        axis = getattr(port, key)
        if axis is None:
            continue
        marks = _lengths(result[axis])
        if marks is None or marks[0] != length:
            count = "no length" if marks is None else marks[0]
            return f"the {which} axis of {port.name} has {length} values, and {axis}, which is its {key}, has {count}"
        times = result[axis]
        if (
            key == "times"
            and isinstance(times, np.ndarray)
            and times.dtype.kind in "fiu"
            and np.any(np.diff(times) < 0)
        ):
            return f"{axis}, the times of {port.name}, don't grow"
    for what, expected in (("bin_count", port.bin_count), ("bin_names", len(port.bin_names) or None)):
        if expected is not None and first != expected:
            return f"{port.name} has {first} bins, and its {what} says {expected}"
    return ""


def _lengths(value: object) -> tuple[int, int] | None:
    """Of the first and the last axis; None for what has none. A list is never made an array, which may be far larger."""
    shape = value.samples.shape if isinstance(value, Audio) else getattr(value, "shape", None)
    if isinstance(value, list):
        inner = value[0] if value and isinstance(value[0], list) else value
        return len(value), len(inner)
    return (shape[0], shape[-1]) if isinstance(shape, tuple) and shape else None


def _events(subject: Subject) -> None:
    case = subject.case()
    result = subject.fresh(case)
    for port in subject.definition.outputs:
        if port.type != "events":
            continue
        before = 0.0
        for index, event in enumerate(result[port.name]):
            for key, low, high in _EVENT_RANGES:
                value = event.get(key)
                if value is None and key != "time_s":
                    continue
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                    raise Failed(
                        f"event {index} of {port.name} has {key} = {value!r}: {low:g} to {high:g} is right", case
                    )
            if event["time_s"] < before:
                raise Failed(
                    f"event {index} of {port.name} is at {event['time_s']:g} s, before the one before it", case
                )
            before = event["time_s"]


_EVENT_RANGES = (("time_s", 0.0, 1e9), ("duration_s", 0.0, 1e9), ("pitch", 0.0, 127.0), ("velocity", 0.0, 1.0))

CHECKS = (
    Check(
        id="definition",
        group=GROUP,
        title="manifest and code describe the same node",
        run=_definition,
        calls=False,
    ),
    Check(
        id="example",
        group=GROUP,
        title="it runs on its example, or on plain input, and what it returns fits its definition",
        run=_simplest_call,
        calls=False,
    ),
    Check(
        id="descriptors",
        group=GROUP,
        title="times, bins and rates of outputs agree with their shapes",
        run=_descriptors,
    ),
    Check(id="events", group=GROUP, title="events are in order and in range", run=_events, types=("GENERATOR",)),
)

"""Checks of effects block by block: where the blocks are cut, parameters that move, what is late and what rings."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ...definition import Parameter
from ...manager import Instance
from ...types import Audio
from .. import sounds
from ..check import Check, Failed, Refused, Skipped
from ..comparison import difference
from ..sounds import Sound
from ..subject import TOLERANCE, Case, Subject
from .extremes import values_of

GROUP = "streaming"
BLOCKS = (1, 64, 128, 1000, 4096)
_MAX_TAIL_S = 5.0
_GRACE_S = 0.01
_QUIET = 1e-3
"""−60 dB: where a tail counts as ended, as a reverberation time does."""
_AUDIBLE = 1e-4
_IMPULSE_AT = 4000
_IMPULSE_FRAMES = 16000

Samples = npt.NDArray[np.float32]


def _block_sizes(subject: Subject) -> None:
    """Cut anywhere, the result is that of `execute`, which knows the whole sound."""
    short, usual = _case(subject, sounds.noise(rate=8000, seconds=0.1)), _case(subject)
    with subject.instance() as instance:
        for size in BLOCKS:
            case = short if size == 1 else usual
            expected = _executed(subject, case)
            latency, tail_s = subject.delay(instance, case)
            rate = expected.sample_rate
            streamed = subject.stream(
                instance, case, itertools.repeat(size), silence_s=latency / rate + min(tail_s, _MAX_TAIL_S)
            )
            frames = min(expected.frames, streamed.frames - latency)
            found = difference(
                Audio(expected.samples[:, :frames], rate),
                Audio(streamed.samples[:, latency : latency + frames], rate),
                tolerance=TOLERANCE,
                name="audio",
            )
            if found:
                raise Failed(f"in blocks of {size} it is another sound than executed as a whole: {found}", case)


def _irregular(subject: Subject) -> None:
    """Blocks of changing length, an empty one among them."""
    case = _case(subject)
    with subject.instance() as instance:
        regular = subject.stream(instance, case, itertools.repeat(4096))
        cut = subject.stream(instance, case, itertools.cycle((64, 0, 1, 777)))
    found = difference(regular, cut, tolerance=TOLERANCE, name="audio")
    if found:
        raise Failed(
            f"in blocks of 64, 0, 1 and 777 in turns it is another sound than in blocks of 4096: {found}", case
        )


def _reset(subject: Subject) -> None:
    """Another sound is heard, with NaN in it; then the stream begins anew."""
    case, before = _case(subject), _case(subject, sounds.broken(np.nan))
    blocks = itertools.repeat(512)
    with subject.instance() as fresh, subject.instance() as used:
        expected = subject.stream(fresh, case, blocks)
        with contextlib.suppress(Refused):
            subject.stream(used, before, blocks)
        found = difference(expected, subject.stream(used, case, blocks), tolerance=TOLERANCE, name="audio")
    if found:
        raise Failed(
            f"a stream that begins after one with NaN in it is not what a fresh instance gives: {found}", before
        )


def _automation(subject: Subject) -> None:
    """Each automatable parameter jumps from end to end with every block, then all of them."""
    case = _case(subject)
    moving = subject.automatable
    if not moving:
        raise Skipped("it has no automatable parameter")
    rounds = [[one] for one in moving] + ([moving] if len(moving) > 1 else [])
    with subject.instance() as instance:
        for parameters in rounds:
            names = " and ".join(parameter.name for parameter in parameters)
            said = replace(case, said=f"{case.said}; {names} jumping from end to end with every block of 256 frames")
            try:
                audio = subject.stream(instance, case, itertools.repeat(256), changes=partial(_jumped, parameters))
            except (Failed, Refused) as failure:
                raise Failed(failure.message, said) from None
            subject.demand_finite({"audio": audio}, said)


def _jumped(parameters: Sequence[Parameter], index: int) -> dict[str, Any]:
    jumps = {parameter.name: [*values_of(parameter), parameter.default] for parameter in parameters}
    return {name: values[index % len(values)] for name, values in jumps.items()}


def _latency(subject: Subject) -> str | None:
    """An impulse must come out where it went in, once the latency is cut off.

    An echo may be late on purpose: then by how much depends on a parameter. What is late by the same number of frames
    whatever the parameters are should be declared.
    """
    late = {}
    with subject.instance() as instance:
        case = _impulse(subject)
        late[""] = _lateness(subject, instance, case)
        if late[""] is None:
            return "an impulse leaves nothing to measure"
        if late[""] < -1:
            raise Failed(
                f"an impulse comes out {-late['']} frames too early once latency_frames is cut off: that is too large",
                case,
            )
        if late[""] <= 1:
            return None
        for parameter in subject.definition.parameters:
            for value in values_of(parameter):
                try:
                    now = _lateness(subject, instance, _impulse(subject, **{parameter.name: value}))
                except (Failed, Refused):
                    continue
                if now is not None and now != late[""]:
                    return f"how late it comes depends on {parameter.name}"
        raise Failed(
            f"an impulse comes out {late['']} frames late, whatever the parameters are, beyond the latency_frames that it "
            "declares",
            case,
        )


def _impulse(subject: Subject, **parameters: Any) -> Case:
    return _case(subject, sounds.impulse(at=_IMPULSE_AT, frames=_IMPULSE_FRAMES), **parameters)


def _lateness(subject: Subject, instance: Instance, case: Case) -> int | None:
    latency, _ = subject.delay(instance, case)
    quiet = replace(case, inputs={"audio": sounds.silence(channels=1, frames=_IMPULSE_FRAMES).audio})
    response = _response(subject, instance, case, quiet, silence_s=latency / sounds.RATE_HZ)[0, latency:]
    peak = float(np.max(response, initial=0.0))
    if not np.isfinite(peak) or peak < _AUDIBLE:
        return None
    if int(np.argmax(response)) < _IMPULSE_AT:
        return int(np.argmax(response)) - _IMPULSE_AT
    # An effect that rounds the edge may begin softly, or ring before: it is late only if nothing comes on time.
    return max(0, int(np.argmax(response > _AUDIBLE * peak)) - _IMPULSE_AT)


def _tail(subject: Subject) -> str | None:
    sound = sounds.noise(seconds=0.1)
    case = _case(subject, sound)
    with subject.instance() as instance:
        latency, tail_s = subject.delay(instance, case)
        if tail_s > _MAX_TAIL_S:
            return f"it says that it rings for {tail_s:g} s, which is not waited for"
        quiet = replace(case, inputs={"audio": sounds.silence(frames=sound.audio.frames).audio})
        silence_s = latency / sounds.RATE_HZ + tail_s + _GRACE_S + 0.25
        response = _response(subject, instance, case, quiet, silence_s=silence_s)
    loudest = float(np.max(response, initial=0.0))
    ended = sound.audio.frames + latency + math.ceil((tail_s + _GRACE_S) * sounds.RATE_HZ)
    rest = float(np.max(response[:, ended:], initial=0.0))
    if rest > _QUIET * loudest:
        raise Failed(
            f"{tail_s:g} s after the sound has ended, when its tail_s says that it is over, it is at "
            f"{20 * np.log10(rest / loudest):.0f} dB of its loudest: −60 dB is silent enough",
            case,
        )
    return None


def _response(subject: Subject, instance: Instance, case: Case, quiet: Case, *, silence_s: float) -> Samples:
    """How far a sound moves what comes out: without what comes out of silence, too, as a hum that is added."""
    heard, idle = (
        subject.stream(instance, each, itertools.repeat(512), silence_s=silence_s).samples for each in (case, quiet)
    )
    moved: Samples = np.abs(heard - idle)
    return moved


def _case(subject: Subject, sound: Sound | None = None, **parameters: Any) -> Case:
    return subject.case(sound, streamed=True, **parameters)


def _executed(subject: Subject, case: Case) -> Audio:
    audio = subject.fresh(case).get("audio")
    if not isinstance(audio, Audio):
        raise Failed("an effect has an output `audio`, which is audio", case)
    return audio


CHECKS = tuple(
    Check(id=name, group=GROUP, title=title, run=run, types=("EFFECT",), port="audio", streams=True)
    for name, title, run in (
        ("block-sizes", "blocks of 1 to 4096 frames give the sound that execute gives", _block_sizes),
        ("irregular-blocks", "blocks of changing length, also none, change nothing", _irregular),
        ("reset", "a new stream begins with nothing of the one before", _reset),
        ("automation", "automatable parameters may move within a sound", _automation),
        ("latency", "it is late by latency_frames", _latency),
        ("tail", "it rings for tail_s", _tail),
    )
)

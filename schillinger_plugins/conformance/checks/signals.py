"""Checks with the signals that break effects and analyses: nothing, too little, and what is no number."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...types import Audio
from .. import sounds
from ..check import Check, Failed, Refused
from ..comparison import difference
from ..sounds import Sound
from ..subject import TOLERANCE, Case, Subject

GROUP = "signals"


def _takes(subject: Subject, given: Iterable[Sound]) -> str | None:
    """It answers each of them, or says clearly that it doesn't take it; an effect, which is streamed, has to answer."""
    with subject.instance() as instance:

        def attempt(case: Case) -> None:
            outputs = subject.call(instance, case)
            subject.demand_finite(outputs, case, arrays=False)
            if subject.plugin_type == "EFFECT" and isinstance(outputs.get("audio"), Audio):
                _demand_length(outputs["audio"], case)

        return subject.each(
            [subject.case(sound) for sound in given], attempt, may_refuse=subject.plugin_type != "EFFECT"
        )


def _demand_length(audio: Audio, case: Case) -> None:
    sound = next(value for value in case.inputs.values() if isinstance(value, Audio))
    if audio.frames < sound.frames:
        raise Failed(f"{sound.frames} frames went in, and only {audio.frames} came out", case)


def _broken(subject: Subject) -> str | None:
    """NaN and infinity: answered or refused, and forgotten by the next call."""
    clean = subject.case()
    reference = dict(subject.fresh(clean))
    compare = subject.plugin_type == "EFFECT" or subject.forgets

    def attempt(case: Case) -> None:
        refusal = None
        with subject.instance() as instance:
            try:
                subject.call(instance, case)
            except Refused as refused:
                refusal = refused
            try:
                after = dict(subject.call(instance, clean))
            except (Failed, Refused) as failure:
                raise Failed(f"the next call, on clean noise, fails: {failure.message}", case) from None
            subject.demand_finite_after(after, case)
            found = difference(reference, after, tolerance=TOLERANCE) if compare else ""
            if found:
                raise Failed(f"the next call, on clean noise, is not what a fresh instance gives: {found}", case)
        if refusal is not None:
            raise refusal

    return subject.each([subject.case(sounds.broken(value)) for value in (np.nan, np.inf, -np.inf)], attempt)


def _silence(subject: Subject) -> str | None:
    return _takes(subject, [sounds.silence(), sounds.silence(channels=1, rate=48000)])


def _denormals(subject: Subject) -> str | None:
    return _takes(subject, [sounds.denormals()])


def _empty(subject: Subject) -> str | None:
    return _takes(subject, [sounds.silence(frames=0), sounds.silence(channels=1, frames=0)])


def _one_sample(subject: Subject) -> str | None:
    return _takes(subject, [sounds.noise(frames=1), sounds.noise(channels=1, frames=1), sounds.noise(frames=2)])


CHECKS = tuple(
    Check(id=name, group=GROUP, title=title, run=run, port="audio")
    for name, title, run in (
        ("silence", "silence gives a finite answer", _silence),
        ("nan", "NaN and infinity are answered or refused, and don't stay", _broken),
        ("denormals", "denormals give a finite answer", _denormals),
        ("empty", "a sound of no frames is answered, or refused clearly", _empty),
        ("one-sample", "a sound of one frame is answered, or refused clearly", _one_sample),
    )
)

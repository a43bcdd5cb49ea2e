"""Checks with mono to eight channels and rates from 8 to 192 kHz."""

from __future__ import annotations

from collections.abc import Iterable

from ...types import Audio
from .. import sounds
from ..check import Check, Failed
from ..sounds import Sound
from ..subject import Case, Subject

GROUP = "formats"


def _each(subject: Subject, given: Iterable[Sound]) -> str | None:
    with subject.instance() as instance:

        def attempt(case: Case) -> None:
            outputs = subject.call(instance, case)
            subject.demand_finite(outputs, case)
            sound = next(value for value in case.inputs.values() if isinstance(value, Audio))
            if subject.plugin_type != "EFFECT":
                return
            for name, value in outputs.items():
                if not isinstance(value, Audio):
                    continue
                if value.channels != sound.channels:
                    raise Failed(f"{sound.channels} channels went in, and {value.channels} came out as {name}", case)
                if value.sample_rate != sound.sample_rate:
                    raise Failed(
                        f"{name} is at {value.sample_rate} Hz, and the input was at {sound.sample_rate} Hz", case
                    )

        return subject.each([subject.case(sound) for sound in given], attempt)


def _channels(subject: Subject) -> str | None:
    return _each(subject, [sounds.noise(channels=count) for count in sounds.CHANNELS])


def _rates(subject: Subject) -> str | None:
    return _each(subject, [sounds.tone(rate=rate) for rate in sounds.RATES_HZ])


CHECKS = (
    Check(id="channels", group=GROUP, title="mono to eight channels", run=_channels, port="audio"),
    Check(id="sample-rates", group=GROUP, title="rates from 8 to 192 kHz", run=_rates, port="audio"),
)

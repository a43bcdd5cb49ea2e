"""Comparison: several results or sounds one above the other, over one time axis.

Owns the order: what has the same name stands together, one lane for each of the compared; and the table of what differs.
Refuses fewer than two and more than six. Called by people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..result import Result
from ..types import Audio
from .analysis import AnalysisView, shown_of
from .contract.analysis import PlanDifference
from .plan import plan_of
from .views import Views, readable, views_of

MAX_COMPARED = 6

_LETTERS = "ABCDEF"


class Comparison(AnalysisView):
    """Several results or sounds over one time axis, made by `compare`.

    Parameters
    ----------
    compared : Mapping[str, Result or Audio]
        By the names to show; two to six.
    """

    def __init__(self, compared: Mapping[str, Result | Audio]) -> None:
        self._compared = dict(compared)
        first = next(iter(self._compared.values()))
        super().__init__(first)

    def _take(self, views: Views) -> None:
        super()._take(merged({name: views_of(shown) for name, shown in self._compared.items()}))

    def _plan(self) -> dict[str, Any]:
        titles = [shown.definition.label if isinstance(shown, Result) else "" for shown in self._compared.values()]
        same = titles[0] if titles[0] and len(set(titles)) == 1 else ""
        return plan_of(
            self._views,
            heading={
                "title": " and ".join(self._compared),
                "subtitle": f"compared: {same}" if same else "compared",
                "level": "",
            },
            waves=self._waves,
            spectrograms=self._spectrograms,
            compared=list(self._compared),
            differences=differences(list(self._compared.values())),
        )


def compare(*shown: Result | Audio | tuple[Any, int], **named: Result | Audio | tuple[Any, int]) -> Comparison:
    """Look at results or sounds side by side, and switch between them by ear at the same place.

    Parameters
    ----------
    *shown, **named : Result, Audio or (samples, sample_rate)
        Two to six; those without a name are called A, B, C …

    Returns
    -------
    Comparison
        Draws itself in a notebook.

    Raises
    ------
    InputError
        For fewer than two or more than six, or something else.

    Examples
    --------
    >>> view = compare(before=(np.zeros(800), 800), after=(np.ones(800), 800))
    >>> [sound["label"] for sound in view.plan["sounds"]]
    ['before: Audio', 'after: Audio']
    """
    count = len(shown) + len(named)
    if not 2 <= count <= MAX_COMPARED:
        raise InputError(f"two to {MAX_COMPARED} can be compared, got {count}", remedy="pass results or sounds")
    letters = [letter for letter in _LETTERS if letter not in named]
    together = dict(zip(letters, shown, strict=False)) | named
    return Comparison({name: shown_of(one) for name, one in together.items()})


def merged(compared: Mapping[str, Views]) -> Views:
    """The views of all in one; names and labels say of which each is, and what is alike stands together."""
    sides = [_named(name, index, views) for index, (name, views) in enumerate(compared.items())]
    return Views(
        duration_s=max(views.duration_s for views in sides),
        sounds=_alternating([views.sounds for views in sides]),
        marks=_alternating([views.marks for views in sides]),
        segments=_alternating([views.segments for views in sides]),
        spectra=_alternating([views.spectra for views in sides]),
        tracks=_alternating([views.tracks for views in sides]),
    )


_SAME = 1e-6
"""Relative: what lies between two ways of rounding is no difference."""


def differences(compared: list[Result | Audio]) -> list[PlanDifference]:
    """The figures that any of them has, and how much the last is above the first."""
    sides = [_figures(shown) for shown in compared]
    names = dict.fromkeys(name for side in sides for name in side)
    rows = []
    for name in list(names)[:200]:
        label, unit = next((side[name][0], side[name][1]) for side in sides if name in side)
        values = [side[name][2] if name in side else None for side in sides]
        rows.append(
            PlanDifference(
                label=label[:120],
                unit=unit[:60],
                texts=[readable(value) for value in values],
                difference=_difference(values[0], values[-1]),
            )
        )
    return rows


def _figures(shown: Result | Audio) -> dict[str, tuple[str, str, Any]]:
    if isinstance(shown, Audio):
        return {
            "duration_s": ("Duration", "s", shown.duration_s),
            "sample_rate": ("Sample rate", "Hz", shown.sample_rate),
            "channels": ("Channels", "", shown.channels),
        }
    described = {output.name: output for output in shown.definition.outputs}
    return {
        figure.name: (figure.label, figure.unit, shown[figure.name])
        for figure in views_of(shown).figures
        if figure.name in described
    }


def _difference(first: Any, last: Any) -> str:
    real = (int, float, np.integer, np.floating)
    if (
        isinstance(first, real)
        and isinstance(last, real)
        and not isinstance(first, bool)
        and not isinstance(last, bool)
    ):
        gap = float(last) - float(first)
        nothing = abs(gap) <= _SAME * max(abs(float(first)), abs(float(last)))
        return readable(0.0) if nothing else f"+{readable(gap)}" if gap > 0 else readable(gap)
    return "same" if first == last else "differs"


def _named(side: str, index: int, views: Views) -> Views:
    def of(view: Any) -> Any:
        return replace(view, name=f"{index}:{view.name}", label=f"{side}: {view.label}")

    return replace(
        views,
        sounds=tuple(of(sound) for sound in views.sounds),
        marks=tuple(of(marks) for marks in views.marks),
        segments=tuple(of(parts) for parts in views.segments),
        spectra=tuple(replace(of(spectrum), sound=f"{index}:{spectrum.sound}") for spectrum in views.spectra),
        tracks=tuple(of(track) for track in views.tracks),
    )


def _alternating(sides: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """In the order of the first that has it, each followed by those of the same name from the others."""
    names = dict.fromkeys(view.name.split(":", 1)[1] for side in sides for view in side)
    return tuple(view for name in names for side in sides for view in side if view.name.split(":", 1)[1] == name)

"""Melodic axes: where a melody goes.

Owns the reading of a combination of axes and the line that follows from it. Measures in steps of a scale above or below the
primary axis, and in bars.

Source: Schillinger, *The Schillinger System of Musical Composition*, Book IV, *Theory of Melody*. The primary axis is the
pitch on which a melody spends the most time. Secondary axes lead along it (0), away from it (a upwards, d downwards) and so
out of balance, or back to it (b from above, c from below) and into balance.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MAX_AXES = 32
MAX_BARS = 16


@dataclass(frozen=True)
class Axis:
    """A secondary axis.

    Attributes
    ----------
    kind : str
        One of 0, a, b, c, d.
    bars : int
        How long it takes.
    """

    kind: str
    bars: int

    def line(self, height: float) -> tuple[float, float]:
        """Where it begins and where it leads, in steps from the primary axis, if it goes `height` steps away."""
        return {"0": (0.0, 0.0), "a": (0.0, height), "b": (height, 0.0), "c": (-height, 0.0), "d": (0.0, -height)}[
            self.kind
        ]

    @property
    def balances(self) -> bool:
        """Whether it ends on the primary axis."""
        return self.kind in "0bc"


def parsed(text: str) -> list[Axis]:
    """Axes out of ``0 a2 b``: a letter, and how many bars it takes if not one.

    Raises
    ------
    ValueError
        If there is none, too many, or something else.

    Examples
    --------
    >>> [(axis.kind, axis.bars) for axis in parsed("0 a2 b")]
    [('0', 1), ('a', 2), ('b', 1)]
    """
    words = text.replace(",", " ").replace("+", " ").split()
    axes = []
    for word in words:
        found = re.fullmatch(r"([0abcd])(\d{0,2})", word)
        bars = int(found[2] or 1) if found else 0
        if found is None or not 1 <= bars <= MAX_BARS:
            raise ValueError(
                f"axes has {word[:20]!r}, which is no axis: write 0, a, b, c or d, and how many bars (1 to {MAX_BARS}) "
                "where it is not one, as 0 a2 b"
            )
        axes.append(Axis(found[1], bars))
    if not 1 <= len(axes) <= MAX_AXES:
        raise ValueError(f"there are {len(axes)} axes: write 1 to {MAX_AXES}, as 0 a b")
    return axes


def heights(axes: Sequence[Axis], reach: int, rng: np.random.Generator) -> list[float]:
    """How far each axis goes from the primary axis, in steps.

    One is the climax and goes as far as `reach`, the others half to three quarters of it. A way back begins where the way
    out has ended.
    """
    ways_out = [index for index, axis in enumerate(axes) if axis.kind != "0" and not _goes_back(axes, index)]
    if not ways_out:
        return [0.0] * len(axes)
    # Late, as a climax is: of those there are, one of the second half.
    climax = ways_out[int(rng.integers(len(ways_out) // 2, len(ways_out)))]
    made: list[float] = []
    for index, axis in enumerate(axes):
        if axis.kind == "0":
            made.append(0.0)
        elif _goes_back(axes, index):
            made.append(made[-1])
        else:
            share = 1.0 if index == climax else float(rng.uniform(0.5, 0.75))
            made.append(max(1.0, share * reach))
    return made


def _goes_back(axes: Sequence[Axis], index: int) -> bool:
    return index > 0 and axes[index - 1].kind + axes[index].kind in ("ab", "dc")

"""Resultants of interference: the arithmetic of rhythm.

Owns the five forms, their grouping into bars, and the permutations of the bars. Works on whole units and knows nothing of
tempo or sound.

Source: Joseph Schillinger, *The Schillinger System of Musical Composition*, Carl Fischer, New York 1946, Book I, *Theory of
Rhythm*. There r(a÷b) is the resultant of two generators a > b; underlined, it is the one with fractioning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import factorial


@dataclass(frozen=True)
class Bar:
    """One group of durations.

    Attributes
    ----------
    units : tuple of int
        The durations, cut where the bar ends.
    tied : bool
        Whether the last one goes on in the bar that follows it originally.
    """

    units: tuple[int, ...]
    tied: bool


def resultant(a: int, b: int) -> list[int]:
    """The resultant r(a÷b): an attack wherever either pulse falls.

    Parameters
    ----------
    a, b : int
        Lengths of the two pulses in units, a > b ≥ 1.

    Returns
    -------
    list of int
        Durations between attacks; their sum is a·b. A palindrome.

    Examples
    --------
    >>> resultant(3, 2), resultant(4, 3)
    ([2, 1, 1, 2], [3, 1, 2, 2, 1, 3])
    """
    _check(a, b)
    return _durations({*range(0, a * b, a), *range(0, a * b, b)}, a * b)


def fractioned(a: int, b: int) -> list[int]:
    """The resultant with fractioning: the b-pulse starts anew at each attack of a, as long as it ends within a².

    Returns
    -------
    list of int
        Durations; their sum is a². A palindrome.

    Examples
    --------
    >>> fractioned(3, 2), fractioned(4, 3)
    ([2, 1, 1, 1, 1, 1, 2], [3, 1, 2, 1, 1, 1, 1, 2, 1, 3])
    """
    _check(a, b)
    attacks = set(range(0, a * a, a))
    for start in range(0, a * (a - b) + 1, a):
        attacks.update(range(start, start + a * b, b))
    return _durations(attacks, a * a)


def balanced(a: int, b: int) -> list[int]:
    """Balance: as long again as r with fractioning, by r and one duration of what is left, a(a−b). Their sum is 2a².

    Where a > 2b the book finds that unnatural, and r is taken as often as it fits into a².

    >>> balanced(3, 2)
    [2, 1, 1, 1, 1, 1, 2, 2, 1, 1, 2, 3]
    """
    turns = a // b if a > 2 * b else 1
    rest = a * a - turns * a * b
    return fractioned(a, b) + resultant(a, b) * turns + [rest] * (rest > 0)


def expanded(a: int, b: int) -> list[int]:
    """Expansion: r, then r with fractioning. Their sum is a² + a·b.

    >>> expanded(3, 2)
    [2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 2]
    """
    return resultant(a, b) + fractioned(a, b)


def contracted(a: int, b: int) -> list[int]:
    """Contraction: r with fractioning, then r: the expansion backwards.

    >>> contracted(3, 2)
    [2, 1, 1, 1, 1, 1, 2, 2, 1, 1, 2]
    """
    return fractioned(a, b) + resultant(a, b)


FORMS = {
    "resultant": resultant,
    "fractioned": fractioned,
    "balanced": balanced,
    "expanded": expanded,
    "contracted": contracted,
}


def into_bars(durations: Sequence[int], bar_units: int) -> list[Bar]:
    """Cut a sequence of durations at every bar line.

    Parameters
    ----------
    durations : sequence of int
        In units.
    bar_units : int
        Length of a bar. Cut by a, no duration crosses a bar line, since each multiple of a is an attack. The last bar may
        be shorter.

    Examples
    --------
    >>> [bar.units for bar in into_bars([3, 1, 2, 2, 1, 3], 4)]
    [(3, 1), (2, 2), (1, 3)]
    """
    bars: list[Bar] = []
    current: list[int] = []
    room = bar_units
    for duration in durations:
        left = duration
        while left:
            part = min(left, room)
            current.append(part)
            left -= part
            room -= part
            if room == 0:
                bars.append(Bar(tuple(current), tied=left > 0))
                current, room = [], bar_units
    if current:
        bars.append(Bar(tuple(current), tied=False))
    return bars


def rearrange(bars: Sequence[Bar], *, rotation: int, permutation: int) -> list[Bar]:
    """Permute bars: first generally, then circularly. A tie into a bar that no longer follows becomes an attack.

    Parameters
    ----------
    rotation : int
        How many bars are moved from the beginning to the end; taken modulo their number.
    permutation : int
        Number of the general permutation in lexicographic order, from 0 (the given order) to n!−1.

    Raises
    ------
    ValueError
        If there are fewer permutations than that.
    """
    count = len(bars)
    if permutation >= factorial(count):
        raise ValueError(
            f"permutation is {permutation}, but {count} bars have {factorial(count)} permutations: "
            f"choose 0 to {factorial(count) - 1}"
        )
    left, order = list(range(count)), []
    for place in range(count, 0, -1):
        index, permutation = divmod(permutation, factorial(place - 1))
        order.append(left.pop(index))
    order = [order[(place + rotation) % count] for place in range(count)]
    follower = dict(zip(order, [*order[1:], -1], strict=True))
    return [Bar(bars[index].units, bars[index].tied and follower[index] == index + 1) for index in order]


def from_bars(bars: Sequence[Bar]) -> list[int]:
    """Durations again, tied parts joined."""
    durations: list[int] = []
    joins = False
    for bar in bars:
        first, *others = bar.units
        if joins:
            durations[-1] += first
        else:
            durations.append(first)
        durations.extend(others)
        joins = bar.tied
    return durations


def _check(a: int, b: int) -> None:
    if not a > b >= 1:
        raise ValueError(f"a is {a} and b is {b}, but the major generator a must be greater than b: exchange them")


def _durations(attacks: set[int], length: int) -> list[int]:
    times = [*sorted(attacks), length]
    return [after - before for before, after in pairwise(times)]

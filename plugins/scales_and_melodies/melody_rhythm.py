"""The rhythm of a phrase: bars out of the interference of two pulses.

Owns the two resultants that phrases are made of and their way into bars. Works on whole units.

Source: Schillinger, *The Schillinger System of Musical Composition*, Book I, *Theory of Rhythm*: r(a÷b) has an attack
wherever either of two pulses falls; with fractioning, the b-pulse begins anew at each attack of a.
"""

from itertools import pairwise

Bar = tuple[int, ...]


def bars(a: int, b: int, *, fractioned: bool) -> list[Bar]:
    """The durations between attacks, in bars of a units, which no duration crosses.

    Parameters
    ----------
    a, b : int
        Lengths of the pulses in units, a > b ≥ 1.
    fractioned : bool
        a bars with fractioning, b bars without.

    Raises
    ------
    ValueError
        If a is not greater than b.

    Examples
    --------
    >>> bars(4, 3, fractioned=False)
    [(3, 1), (2, 2), (1, 3)]
    """
    if not a > b >= 1:
        raise ValueError(f"a is {a} and b is {b}, but the major generator a must be greater than b: exchange them")
    length = a * a if fractioned else a * b
    attacks = set(range(0, length + 1, a))
    for start in range(0, a * (a - b) + 1, a) if fractioned else (0,):
        attacks.update(range(start, start + a * b + 1, b))
    return [
        tuple(after - before for before, after in pairwise(sorted(attacks & set(range(start, start + a + 1)))))
        for start in range(0, length, a)
    ]

"""Tunings: where the twelve pitches of an octave lie, as a Scala file has them.

Owns the reading of the format (https://www.huygens-fokker.org/scala/scl_format.html) and the way from a note to the pitch
that sounds. The file is a stranger's: what is no tuning is refused with its line. Knows nothing of melodies.
"""

import math
import re
from dataclasses import dataclass

DEGREES = 12
MAX_CENTS = 12_000.0

_CENTS = re.compile(r"-?\d{0,9}\.\d{0,12}(?=\s|$|cents)")
_RATIO = re.compile(r"(\d{1,30})(?:/(\d{1,30}))?(?=\s|$)")


@dataclass(frozen=True)
class Tuning:
    """Twelve degrees above a tonic.

    Attributes
    ----------
    description : str
    cents : tuple of float
        Of the degrees above the tonic, from the first; the last is the octave, or whatever the file repeats at.
    """

    description: str
    cents: tuple[float, ...]

    def pitch(self, note: int, *, tonic: int) -> float:
        """Where a note sounds, as a MIDI note number with a fraction.

        Examples
        --------
        >>> just_fifth = Tuning("", tuple(702.0 if degree == 7 else 100.0 * degree for degree in range(1, 13)))
        >>> just_fifth.pitch(67, tonic=60), just_fifth.pitch(72, tonic=60)
        (67.02, 72.0)
        """
        octave, degree = divmod(note - tonic, DEGREES)
        above = self.cents[degree - 1] if degree else 0.0
        return tonic + (octave * self.cents[-1] + above) / 100


EQUAL = Tuning("twelve equal steps", tuple(100.0 * degree for degree in range(1, DEGREES + 1)))


def parsed(data: bytes) -> Tuning:
    """What a Scala file says.

    Raises
    ------
    ValueError
        If it is none, or has another number of degrees than twelve.

    Examples
    --------
    >>> parsed(b"! pure.scl\\nOne pure fifth\\n 12\\n" + b"100.\\n" * 6 + b"3/2\\n" + b"800.\\n" * 4 + b"2\\n").cents[6]
    701.955
    """
    lines = [(number, line.strip()) for number, line in enumerate(data.decode("latin-1").splitlines(), 1)]
    said = [(number, line) for number, line in lines if not line.startswith("!")]
    if len(said) < 2:
        raise ValueError("this is no Scala file: it lacks its description and the number of its notes")
    (_, description), (at, count), *rest = said
    words = count.split()
    if not words or not words[0].isdecimal():
        raise ValueError(f"line {at} of the Scala file says how many notes there are, not {count[:40]!r}")
    if words[0].lstrip("0") != str(DEGREES):
        raise ValueError(f"the Scala file has {words[0][:10]} notes to an octave, this takes {DEGREES}")
    if len(rest) < DEGREES:
        raise ValueError(f"the Scala file ends after {len(rest)} of {DEGREES} notes")
    cents = tuple(_cents(number, line) for number, line in rest[:DEGREES])
    if cents[-1] <= 0:
        raise ValueError(
            f"line {rest[DEGREES - 1][0]} of the Scala file is what it repeats at, which is above the tonic"
        )
    return Tuning("".join(one for one in description if one.isprintable())[:200], cents)


def _cents(number: int, line: str) -> float:
    """A number with a point is in cents, any other is a ratio; what follows it says nothing."""
    if found := _CENTS.match(line):
        text = found.group()
        value = float(text) if any(one.isdecimal() for one in text) else math.nan
    elif found := _RATIO.match(line):
        above, below = int(found[1]), int(found[2] or 1)
        value = round(1200 * math.log2(above / below), 3) if above and below else math.nan
    else:
        value = math.nan
    if not abs(value) <= MAX_CENTS:
        raise ValueError(
            f"line {number} of the Scala file is no pitch: {line[:40]!r} (write cents as 701.955, or a ratio as 3/2)"
        )
    return value

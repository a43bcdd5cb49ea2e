"""Text of a plugin made fit to be shown.

Owns which characters a person may be shown: a plugin must not drive a terminal, nor turn the reading direction of a line.
"""

from __future__ import annotations

_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


def printable(text: str) -> str:
    """`text` without control characters; newlines and tabs stay.

    >>> printable("a\\x1b[2Jb")
    'a\N{REPLACEMENT CHARACTER}[2Jb'
    """
    if text.isprintable() and text.isascii():
        return text
    return "".join(
        c if c in "\n\t" or (c.isprintable() and c not in _BIDI) else "\N{REPLACEMENT CHARACTER}" for c in text
    )

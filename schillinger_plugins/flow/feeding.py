"""Feeding: which type of output may feed which type of input.

Owns the table, which follows what a port takes at a call (`definition.ports.fit`): what never fits is refused when it is
drawn, with what would; what may fit or not (a list that may be one of numbers) is left to the call. Called by ``graph``
and ``problems``.
"""

from __future__ import annotations

_TAKES: dict[str, frozenset[str]] = {
    "audio": frozenset(),
    "array": frozenset({"list"}),
    "number": frozenset({"integer"}),
    "integer": frozenset(),
    "string": frozenset(),
    "boolean": frozenset(),
    "list": frozenset({"events"}),
    "object": frozenset({"figure"}),
    "midi": frozenset({"bytes"}),
    "events": frozenset({"list"}),
    "figure": frozenset({"object"}),
    "bytes": frozenset({"midi"}),
}
"""By the input's type, which types of outputs it takes beside its own and ``any``."""

_WHY: dict[tuple[str, str], tuple[str, str]] = {
    ("number", "integer"): ("a number may have a fraction", "round it in a plugin of your own first"),
    ("audio", "array"): ("audio has a sample rate, an array hasn't", "take an output of the type array"),
    ("array", "audio"): ("an array has no sample rate", "take an output of the type audio"),
    ("list", "audio"): ("a list has no sample rate", "take an output of the type audio"),
    ("array", "list"): ("an array is no list", "turn it into one with .tolist() in a plugin of your own"),
    ("string", "audio"): (
        "it would have the host open the file of that name",
        "name the file in an input of the type audio",
    ),
    ("boolean", "number"): ("true and false are no numbers", "take an output of the type number"),
    ("boolean", "integer"): ("true and false are no numbers", "take an output of the type integer"),
}


def feeds(output: str, into: str) -> bool:
    """Whether an output of that type may feed an input of that type.

    >>> feeds("integer", "number"), feeds("number", "integer"), feeds("any", "audio")
    (True, False, True)
    """
    return output == into or "any" in (output, into) or output in _TAKES.get(into, ())


def refusal(output: str, into: str) -> tuple[str, str]:
    """Why an output doesn't feed an input, and what would.

    >>> refusal("number", "integer")[0]
    'a number may have a fraction'
    """
    if (output, into) in _WHY:
        return _WHY[output, into]
    takers = [into, *sorted(_TAKES.get(into, ())), "any"]
    return f"{_a(output)} is no {into}", f"connect an output of the type {' or '.join(takers)}"


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"

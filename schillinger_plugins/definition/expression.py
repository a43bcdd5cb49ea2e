"""Expressions: what a Vega-Lite specification computes in the page.

Owns which expressions are harmless. Vega translates them to JavaScript after checks of its own, which have been got round
more than once (by objects whose ``toString`` is somebody else's function, by ``event.view``). So only a part of the language
is taken: numbers, strings, operators, the fields of ``datum``, named parameters, and the functions that compute. Refuses
objects, assignments, comments, regular expressions, calls of anything but a function's name, and whatever it can't read.
Called by ``vega``.
"""

from __future__ import annotations

import re
from collections.abc import Collection

MAX_LENGTH = 2000

FUNCTIONS = frozenset(
    "abs acos asin atan atan2 ceil clamp cos exp floor hypot log max min pow random round sin sqrt tan "
    "isArray isBoolean isDate isDefined isFinite isNaN isNumber isObject isString isValid "
    "toBoolean toDate toNumber toString "
    "date datetime day dayofyear hours milliseconds minutes month now quarter seconds time utc week year "
    "utcdate utcday utcdayofyear utchours utcmilliseconds utcminutes utcmonth utcquarter utcseconds utcweek utcyear "
    "extent inrange indexof join lastindexof length peek reverse slice span "
    "lower parseFloat parseInt split substring trim truncate upper "
    "dayAbbrevFormat dayFormat format monthAbbrevFormat monthFormat timeFormat utcFormat "
    "hcl hsl lab luminance rgb if".split()
)
NAMES = frozenset("datum true false null undefined NaN Infinity PI E LN2 LN10 SQRT2 width height value label".split())
"""`value` and `label` are fields of ``datum`` in labels; alone they are parameters' names, if anything."""
POLLUTING = frozenset(
    "__proto__ prototype constructor __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__".split()
)
"""What no field and no property may be called: they reach what all objects share."""
RESERVED = frozenset("event view item parent group xy window document globalThis self top this eval Function".split())
"""What no parameter may be called: it would be taken for something of Vega's, or of the page's."""

_TOKEN = re.compile(
    r"""\s+
    | (?P<number> (?: \d+\.?\d* | \.\d+ ) (?: [eE][+-]?\d+ )? (?![\w$]) )
    | (?P<string> "(?: [^"\\\n\r] | \\["'\\nrtbf] )*" | '(?: [^'\\\n\r] | \\["'\\nrtbf] )*' )
    | (?P<word> [A-Za-z_$][\w$]* )
    | (?P<operator> ===? | !==? | <= | >= | && | \|\| | [-+*/%<>!?:,.()\[\]] )
    """,
    re.VERBOSE | re.ASCII,
)


def flaw_of(text: str, parameters: Collection[str]) -> str | None:
    """What is wrong with an expression, or None.

    Parameters
    ----------
    text : str
    parameters : collection of str
        Names that the specification defines.

    Examples
    --------
    >>> flaw_of("datum.value > 3 ? 'loud' : 'soft'", ())
    >>> flaw_of("datum.value.constructor('alert(1)')()", ())
    "uses `constructor`"
    """
    if len(text) > MAX_LENGTH:
        return f"is {len(text)} characters long, at most {MAX_LENGTH}"
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return f"has {text[position : position + 8]!r} at character {position}, which is not taken"
        position = found.end()
        if found.lastgroup is not None:
            tokens.append((found.lastgroup, found[0]))
    for (kind, word), (kind_before, before), (_, after) in zip(
        tokens, [("", ""), *tokens], [*tokens[1:], ("", "")], strict=False
    ):
        ends_value = kind_before in ("number", "string", "word") or before in (")", "]")
        if kind == "word":
            if word in POLLUTING:
                return f"uses `{word}`"
            if word == "datum" and before != "." and after not in (".", "["):
                return "uses `datum` as a whole"
            if after == "(" and (before == "." or word not in FUNCTIONS):
                return f"calls `{word}`"
            if before != "." and after != "(" and word not in NAMES and word not in parameters:
                return f"uses `{word}`, which is neither datum nor a parameter"
        elif kind == "string" and word[1:-1] in POLLUTING:
            return f"uses {word}"
        elif word == "/" and (not ends_value or after in ("/", "*")):
            return "has a comment or a regular expression"
        elif word == "(" and (before in (")", "]") or kind_before in ("string", "number")):
            return "calls something that has no name"
    return None

"""How deep a source is nested, guessed before it is parsed.

Owns one question: is it safe to give this text to Python's parser, in this process? The parser of CPython counts its depth
against the recursion limit, which a notebook may have raised until the C stack overflows before the limit is reached, and
the whole kernel ends with it. So what is nested deeper than people write is not parsed at all. The guess errs upwards: it
counts operators in a row as nesting, since ``a.b.c`` and ``1+1+1`` are deep trees. Called by ``source``.
"""

from __future__ import annotations

import re

MAX_BRACKETS = 60
MAX_OPERATORS = 400
MAX_ELIF = 400

_TOKEN = re.compile(
    r"""
      (?P<string> (?P<prefix>\b[rbufRBUF]{1,2})?
          (?: \"\"\" (?:[^\"\\]|\\.|\"(?!\"\"))* (?:\"\"\"|\Z)
            | ''' (?:[^'\\]|\\.|'(?!''))* (?:'''|\Z)
            | \" (?:[^\"\\\n]|\\.)* \"?
            | ' (?:[^'\\\n]|\\.)* '? ) )
    | (?P<comment> \#[^\n]* )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<joined> \\\r?\n )
    | (?P<end> [\n;,] )
    | (?P<elif> \belif\b )
    | (?P<operator> [-+*/%@&|^~<>.:=]
        | \b(?:not|if|lambda|await|yield|and|or|in|is|for)\b )
    """,
    re.VERBOSE | re.DOTALL,
)


def too_deep(text: str) -> str | None:
    """Why a text must not be parsed, or None if it may.

    >>> too_deep("x = (1 + 2) * 3")
    >>> too_deep("x = " + "-" * 1000 + "1")
    'more than 400 operators in a row'
    """
    levels = [0]  # operators since the last comma, in each bracket that is open
    total = 0
    elifs = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "operator":
            levels[-1] += 1
            total += 1
            if total > MAX_OPERATORS:
                return f"more than {MAX_OPERATORS} operators in a row"
        elif kind == "end":
            # A new line ends a statement, but not inside brackets.
            if match.group() == "," or len(levels) == 1:
                total -= levels[-1]
                levels[-1] = 0
        elif kind == "open":
            # A call or an index of what was called or indexed is nesting, too: f()()().
            levels[-1] += 1
            total += 1
            levels.append(0)
            if len(levels) > MAX_BRACKETS:
                return f"more than {MAX_BRACKETS} brackets within each other"
            if total > MAX_OPERATORS:
                return f"more than {MAX_OPERATORS} operators in a row"
        elif kind == "close":
            if len(levels) > 1:
                total -= levels.pop()
        elif kind == "string":
            prefix = match["prefix"]
            # Until Python 3.12 the expressions in an f-string are parsed apart, whatever they hold.
            if prefix and "f" in prefix.lower() and (reason := _too_deep_inside(match["string"][len(prefix) :])):
                return reason
        elif kind == "elif":
            elifs += 1
            if elifs > MAX_ELIF:
                return f"more than {MAX_ELIF} branches"
    return None


def _too_deep_inside(quoted: str) -> str | None:
    inner = quoted.strip("\"'")
    opened = inner.find("{")
    return too_deep(inner[opened:]) if opened >= 0 else None

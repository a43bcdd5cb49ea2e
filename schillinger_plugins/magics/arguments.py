"""Arguments: the text after ``%plugin run`` and ``%plugin info``, taken apart.

Owns the grammar: a plugin's id, options, and ``name=expression`` where the expression is any Python, with spaces,
commas and quotes. Python's own tokenizer and parser decide where one expression ends and the next name begins.
Refuses what is left over, with the column it stands in. Evaluates nothing. Called by ``magics.run``,
``magics.commands`` and ``magics.completion``.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..errors import InputError, nearest

_NAME = re.compile(r"[^\W\d]\w*")
_ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*|--?(?=\s|$)")
_LAST_WORD = re.compile(r"(?<=\s)(?:--?[\w-]*|[^\W\d]\w*|)$")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=expression``, with the column of the expression."""

    name: str
    expression: str
    column: int


@dataclass(frozen=True, slots=True)
class Arguments:
    """A line, taken apart.

    Attributes
    ----------
    plugin_id : str
        Empty if there is none.
    values : tuple of Assignment
        Inputs and parameters.
    options : dict
        For each option its values: an Assignment or a word; the empty list for a switch that is set.
    """

    plugin_id: str
    values: tuple[Assignment, ...]
    options: dict[str, list[Assignment]] = field(default_factory=dict)


def parse(line: str, options: tuple[tuple[str, str, str], ...] = ()) -> Arguments:
    """Take a line apart.

    Parameters
    ----------
    line : str
        What follows the subcommand.
    options : tuple of (option, value, meaning)
        Those that are known, see `Subcommand`.

    Raises
    ------
    InputError
        With the line and a mark under the place.

    Examples
    --------
    >>> for value in parse("gain_node audio=(y, 44100) gain_db=-6 - 1").values:
    ...     print(value.name, "is", value.expression)
    audio is (y, 44100)
    gain_db is -6 - 1
    """
    line = line.replace("\n", " ")
    known = {option: value for option, value, _ in options}
    plugin_id, position = "", 0
    values: list[Assignment] = []
    given: dict[str, list[Assignment]] = {}
    while True:
        position = _skip_space(line, position)
        rest = line[position:]
        if not rest or rest.startswith("#"):
            return Arguments(plugin_id, tuple(values), given)
        if option := _OPTION.match(rest):
            position = _option(line, position, option.group(), known, given)
        elif assignment := _ASSIGNMENT.match(rest):
            value, position = _assignment(line, position, assignment, list(known))
            if value.name in (other.name for other in values):
                raise _at(line, value.column - 1, f"`{value.name}` is given twice", "give each name once")
            values.append(value)
        elif not plugin_id and not values:
            word = _WORD.match(rest)
            assert word is not None
            plugin_id = word.group()
            position += len(plugin_id)
        else:
            word = _WORD.match(rest)
            assert word is not None
            raise _at(line, position, f"{word.group()!r} belongs to no name", "write name=expression, as gain_db=-6")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the end of an unfinished line stands.

    Attributes
    ----------
    expects : str
        plugin, name, option, value (of the input or parameter `name`), or other.
    fragment : str
        What has been typed of it.
    """

    expects: Literal["plugin", "name", "option", "value", "other"]
    fragment: str = ""
    plugin_id: str = ""
    name: str = ""
    used: frozenset[str] = frozenset()


def cursor(text: str, options: tuple[tuple[str, str, str], ...] = ()) -> Cursor:
    """What the end of `text` waits for. Never raises."""
    known = {option: value for option, value, _ in options}
    plugin_id, position = "", 0
    used: set[str] = set()
    while True:
        position = _skip_space(text, position)
        rest = text[position:]
        if not rest:
            return Cursor("name" if plugin_id else "plugin", "", plugin_id, used=frozenset(used))
        name = ""
        if option := _OPTION.match(rest):
            position += option.end()
            if position == len(text):
                return Cursor("option", option.group(), plugin_id, used=frozenset(used))
            form = known.get(option.group(), "")
            if not form:
                continue
            position = _skip_space(text, position)
            assignment = _ASSIGNMENT.match(text[position:]) if "=" in form else None
            if assignment is None:
                word = _WORD.match(text[position:])
                position += word.end() if word else 0
                if position == len(text):
                    return Cursor("other", "", plugin_id)
                continue
        elif assignment := _ASSIGNMENT.match(rest):
            name = assignment.group(1)
            used.add(name)
        else:
            word = _WORD.match(rest)
            assert word is not None
            position += word.end()
            if position == len(text):
                return Cursor("name" if plugin_id else "plugin", word.group(), plugin_id, used=frozenset(used))
            plugin_id = plugin_id or word.group()
            continue
        start = position + assignment.end()
        position = _expression_end(text, start, list(known))
        if position == len(text):
            last = _LAST_WORD.search(text, start)
            if last is not None and text[start : last.start()].strip() and is_expression(text[start : last.start()]):
                expects: Literal["option", "name"] = "option" if last.group().startswith("-") else "name"
                return Cursor(expects, last.group(), plugin_id, used=frozenset(used))
            return Cursor("value", text[start:], plugin_id, name, frozenset(used))


def tokens_of(text: str) -> Iterator[tokenize.TokenInfo]:
    """Python's tokens of `text` up to its end, or up to where it can't be tokenized."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
                yield token
    except (tokenize.TokenError, SyntaxError):
        # A quote or bracket that is open; the parser says it better.
        return


def is_expression(text: str) -> bool:
    """Whether `text` is a complete Python expression."""
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _assignment(line: str, position: int, match: re.Match[str], options: list[str]) -> tuple[Assignment, int]:
    name, start = match.group(1), position + match.end()
    end = _expression_end(line, start, options)
    text = line[start:end].rstrip()
    if not text:
        raise _at(line, start, f"`{name}=` has no value", f"write {name}=expression")
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        column = start + max(0, (error.offset or 1) - 1 if isinstance(error, SyntaxError) else 0)
        raise _at(
            line, min(column, len(line)), f"the value of `{name}` is no Python expression: {reason}", _hint(name, text)
        ) from None
    return Assignment(name, text, start), end


def _expression_end(line: str, start: int, options: list[str]) -> int:
    """Where the expression at `start` ends: before the next ``name=`` or option outside brackets, or at the line's end."""
    text = line[start:]
    depth, last_end = 0, 0
    tokens = list(tokens_of(text))
    for index, token in enumerate(tokens):
        begin = token.start[1]
        if token.type == tokenize.COMMENT:
            return start + begin
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        elif depth == 0 and (begin > last_end or index == 0):
            following = tokens[index + 1].string if index + 1 < len(tokens) else ""
            is_name = token.type == tokenize.NAME and following == "="
            is_option = any(re.match(re.escape(option) + r"(?![\w-])", text[begin:]) for option in options)
            # "lambda t=3: t" has a name and = in it, but "lambda" is no expression.
            if (is_name or is_option) and (is_expression(text[:begin]) or not text[:begin].strip()):
                return start + begin
        last_end = token.end[1]
    return len(line)


def _option(line: str, position: int, option: str, known: dict[str, str], given: dict[str, list[Assignment]]) -> int:
    if option not in known:
        close = nearest(option, known)
        remedy = f"did you mean {close}?" if close else (f"known: {', '.join(known)}" if known else "remove it")
        raise _at(line, position, f"there is no option {option}", remedy)
    end = position + len(option)
    values = given.setdefault(option, [])
    form = known[option]
    if not form:
        return end
    start = _skip_space(line, end)
    rest = line[start:]
    if "=" in form:
        match = _ASSIGNMENT.match(rest)
        if match is None:
            raise _at(line, start, f"{option} needs {form}", f"write {option} {form}")
        value, end = _assignment(line, start, match, list(known))
    else:
        word = _WORD.match(rest)
        if word is None or word.group().startswith("--"):
            raise _at(line, start, f"{option} needs {form}", f"write {option} {form}")
        value, end = Assignment(option, word.group(), start), start + word.end()
    values.append(value)
    return end


def _skip_space(line: str, position: int) -> int:
    while position < len(line) and line[position].isspace():
        position += 1
    return position


def _hint(name: str, text: str) -> str:
    if re.match(r"[~./\w-]*[/.][\w./ -]*$", text) and "(" not in text:
        return f'a path needs quotes: {name}="{text}"'
    return f"write {name}=expression"


def _at(line: str, column: int, message: str, remedy: str) -> InputError:
    """An error that shows the line with a mark under the place; long lines are cut around it."""
    first = max(0, column - 60)
    shown = line[first : column + 40]
    mark = " " * (column - first) + "^"
    return InputError(f"{message}\n    {shown}\n    {mark}\n", remedy=remedy)

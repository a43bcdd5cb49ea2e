"""The strict base of this package's models, and flaws that a person can act on.

Owns the translation of pydantic's findings into a `Flaw`: the rule, the value that breaks it, the path, the remedy.
Unknown keys are refused with the nearest known one named. Called by ``manifest`` and ``definition``.
"""

from __future__ import annotations

import re
import reprlib
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from ..errors import nearest
from .json_text import json_path

NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
ID_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"
TEXT_PATTERN = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
"""Control characters would reach a terminal, bidirectional overrides would make text read as what it is not."""
_IN_LINE = r"\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
LINE_PATTERN = rf"^[^{_IN_LINE}]*[^{_IN_LINE}\s][^{_IN_LINE}]*$"
SHORT_PATTERN = rf"^[^{_IN_LINE}]*$"
"""Of what is written beside a figure, possibly nothing."""
_ID = re.compile(ID_PATTERN.replace("$", r"\Z"))


class StrictModel(BaseModel):
    """Frozen, typed without conversions, finite numbers only, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_alias=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """One broken rule, with its place and what to do about it."""

    message: str
    path: str
    remedy: str | None = None


def offence(message: str, *, at: tuple[str | int, ...] = (), remedy: str | None = None) -> PydanticCustomError:
    """An error to raise inside a validator; `at` leads from the validated value to the part that is wrong."""
    # The text goes in as context: pydantic would take braces in a template for placeholders.
    return PydanticCustomError("rule", "{text}", {"text": message, "at": at, "remedy": remedy})


def flaws_of(error: ValidationError, model: type[BaseModel]) -> list[Flaw]:
    """Everything pydantic found, in the order of the document, as flaws."""
    flaws = [_flaw(detail, model) for detail in error.errors(include_url=False)]
    # A union reports each of its members: the last is the widest ("a number" after "a whole number").
    return list({flaw.path: flaw for flaw in flaws}.values())


def show(value: Any) -> str:
    """A short `repr` of a value that may be large, deep or hostile.

    >>> show("x" * 1000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    """
    return _shortener.repr(value)


def is_name(text: str) -> bool:
    """Whether `text` can name a port or a parameter: a word that Python could take for a variable."""
    return text.isascii() and text.isidentifier() and len(text) <= 64


def is_id(text: str) -> bool:
    """Whether `text` can be a plugin's id: letters, digits, and inside also ``_``, ``-`` and ``.``."""
    return _ID.match(text) is not None


def suggestion(word: str, known: typing.Iterable[str]) -> str:
    """``did you mean `x`?``, or the known words where none is alike."""
    known = list(known)
    close = nearest(word, known) or nearest(word.lower(), known) or nearest(word.upper(), known)
    if close:
        return f"did you mean `{close}`?"
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"known: {listed}" if known else "there are none"


def _check_name(text: str) -> str:
    if not is_name(text):
        raise offence(
            f"{show(text)} is no name",
            remedy="begin with a letter, then letters, digits and _ (at most 64 in all)",
        )
    return text


def _check_id(text: str) -> str:
    if not is_id(text):
        raise offence(
            f"{show(text)} is no id",
            remedy="begin with a letter or digit, then letters, digits, _, - and . (at most 64 in all)",
        )
    return text


def _check_text(text: str) -> str:
    found = _MISLEADING(text)
    if found is not None:
        raise offence(f"holds the control character U+{ord(found.group()):04X}", remedy="remove it")
    return text


def _check_line(text: str) -> str:
    if not text.strip():
        raise offence("is empty", remedy="write something that a reader recognises")
    return _check_short(text)


def _check_short(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise offence("holds a line break or a tab", remedy="write it in one line")
    return _check_text(text)


Name = Annotated[str, Field(max_length=64, pattern=NAME_PATTERN)]
"""What ports and parameters are called."""

Id = Annotated[str, Field(max_length=64, pattern=ID_PATTERN)]
"""What plugins are called."""

Number = int | float
"""A number that keeps its type: 1 stays an int."""

Line = Annotated[str, Field(max_length=200, pattern=LINE_PATTERN)]
"""One line of text for people, not empty."""

Text = Annotated[str, Field(max_length=10_000, pattern=TEXT_PATTERN)]
"""Text for people, possibly empty, without control characters."""

_MISLEADING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]").search

# pydantic matches these patterns itself, in a fifth of the time that a function of Python takes; only what fails is put
# into words by one.
_IN_WORDS: dict[str, typing.Callable[[str], str]] = {
    NAME_PATTERN: _check_name,
    ID_PATTERN: _check_id,
    LINE_PATTERN: _check_line,
    SHORT_PATTERN: _check_short,
    TEXT_PATTERN: _check_text,
}

_shortener = reprlib.Repr()
_shortener.maxstring = 60
_shortener.maxother = 60
_shortener.maxlevel = 3

_KINDS = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "mapping_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "finite_number": "a finite number",
    "string_unicode": "a string",
}


def _flaw(detail: ErrorDetails, model: type[BaseModel]) -> Flaw:
    kind, location, value = detail["type"], list(detail["loc"]), detail["input"]
    context = detail.get("ctx", {})
    if kind == "string_pattern_mismatch" and (say := _IN_WORDS.get(context["pattern"])) is not None:
        try:
            say(value)
        except PydanticCustomError as error:
            kind, context = "rule", error.context or {}
    last = str(location[-1]) if location else ""
    if kind == "rule":
        return Flaw(
            message=_subject(location, context["text"]),
            path=json_path([*_real(location), *context["at"]]),
            remedy=context["remedy"],
        )
    path = json_path(_real(location))
    if kind == "missing":
        owner = _model_at(model, location[:-1])
        what = owner.model_fields[_field_of(owner, last)].description if owner else None
        return Flaw(message=f"`{last}` is missing", path=path, remedy=f'add "{last}"' + (f": {what}" if what else ""))
    if kind == "extra_forbidden":
        owner = _model_at(model, location[:-1])
        known = [field.alias or name for name, field in owner.model_fields.items()] if owner else []
        return Flaw(message=f"unknown key {show(last)}", path=path, remedy=suggestion(last, known))
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'|(\d+)", str(context.get("expected", "")))
        words = [a or b for a, b in allowed]
        return Flaw(
            message=f"{show(value)} is none of {', '.join(words)}",
            path=path,
            remedy=suggestion(str(value)[:100], words),
        )
    if kind in _KINDS:
        return Flaw(message=f"expected {_KINDS[kind]}, got {show(value)}", path=path, remedy="change it to that type")
    return Flaw(message=f"{show(value)} {detail['msg'].split(maxsplit=1)[-1]}", path=path)


def _subject(location: list[str | int], text: str) -> str:
    # "is empty" needs to be told what; a sentence that begins with the value does not.
    return f"`{location[-1]}` {text}" if text.startswith(("is ", "holds ")) and location else text


def _real(location: list[str | int]) -> list[str | int]:
    # pydantic adds the names of union members and "[key]" to a location; they are no places in the data.
    return [part for part in location if not (isinstance(part, str) and part in _NO_PLACES)]


_NO_PLACES = frozenset({"int", "float", "bool", "str", "[key]", "constrained-int", "constrained-float"})


def _field_of(owner: type[BaseModel], key: str) -> str:
    return next(name for name, field in owner.model_fields.items() if key in (field.alias, name))


def _model_at(annotation: Any, location: list[str | int]) -> type[BaseModel] | None:
    """The model that describes the object at `location` under `annotation`."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _model_at(typing.get_args(annotation)[0], location)
    if origin in (typing.Union, types.UnionType):
        found = (_model_at(member, location) for member in typing.get_args(annotation))
        return next((model for model in found if model), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return annotation
        try:
            field = annotation.model_fields[_field_of(annotation, str(location[0]))]
        except StopIteration:
            return None
        return _model_at(field.annotation, location[1:])
    if origin in (list, tuple) and location:
        return _model_at(typing.get_args(annotation)[0], location[1:])
    return None

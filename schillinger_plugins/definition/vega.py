"""Vega-Lite from strangers: plain data that a page turns into a drawing, and what else it could be turned into.

Owns what is refused. A specification reaches out of its drawing in more ways than one would think:

- It fetches: ``data.url`` (also behind ``lookup``), ``url`` of image marks, ``cursor: "url(…)"``, ``usermeta.embedOptions``
  (a loader, a patch or a configuration at an address). A tooltip with a field called ``image`` shows the picture at that
  address.
- It links: the channel and the mark property ``href``.
- It reaches into the page: ``params[].bind`` takes a CSS selector as ``element``, and every other key of it becomes an
  attribute of the ``<input>`` that is made, ``onfocus`` too. Event streams listen to the whole window.
- It computes: expressions in ``calculate``, ``filter``, ``test``, ``expr``, ``labelExpr`` (see ``expression``), and
  ``signal``, which Vega-Lite hands through. ``formatType`` names any function. Names, formats and what should be numbers
  become parts of expressions as they are, so that strings in their place must hold nothing that calls.
- It pollutes: ``__proto__`` as a key changes every object of the page when it is merged.
- It never ends: a ``sequence`` of a billion numbers, a canvas of a million pixels a side.

The whole tree is walked, data included, and made anew. A key that is refused is refused wherever it stands, but in rows of
data, where keys are names of fields. Called by ``figures``. What this doesn't protect from: many marks in little data, which
take the page seconds.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NoReturn

from ..schema.json_text import MAX_DEPTH, NotPlain, check_plain
from ..schema.strict import show
from .bitmap import clean_bitmap
from .expression import NAMES, POLLUTING, RESERVED, flaw_of
from .ports import Misfit

MAX_VALUES = 200_000
MAX_CHARACTERS = 4 * 1024 * 1024
MAX_SEQUENCE = 100_000
MAX_SIDE = 10_000
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

_SCHEMAS = re.compile(r"https://vega\.github\.io/schema/vega-lite/v[56](\.\d{1,3}){0,2}\.json\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]{0,63}\Z")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_EVENT = re.compile(
    r"(click|dblclick|mouse(down|up|over|out|move)|pointer(down|up|over|out|move)|touch(start|end|move)|wheel)!?\Z"
)
_TOGGLE = re.compile(r"(true|false|event\.(shift|alt|ctrl|meta)Key)\Z")
_WORD = re.compile(r"[A-Za-z\-]{1,40}\Z")
_INPUTS = frozenset(["range", "checkbox", "radio", "select", "text", "number", "date", "time", "color"])
_BIND_KEYS = frozenset(["input", "name", "min", "max", "step", "options", "labels", "debounce", "placeholder"])
_DATA_KEYS = frozenset(["values", "name", "format", "sequence"])
_PICTURE = "data:image/png;base64,"

_REFUSED = {
    "href": "a drawing links nowhere",
    "usermeta": "how a figure is embedded is the host's business",
    "embedOptions": "how a figure is embedded is the host's business",
    "loader": "a drawing fetches nothing",
    "element": "a drawing stays where it is on the page",
    "signal": "write an expression as expr",
    "signals": "write parameters as params",
    "selection": "write selections as params",
    "events": "a drawing listens to itself alone",
    "eventConfig": "a drawing listens to itself alone",
    "encode": "write channels as encoding",
    "customFormatTypes": "formats are those of numbers and times",
    "graticule": "give the lines as data",
}
_NAMED = frozenset(["name", "param"])
_FIELDS = frozenset(["field", "title", "as", "groupby", "fields", "fold", "pivot"])
_TEXTS = _FIELDS | frozenset(
    "subtitle text description tooltip labels value values datum domain range equal lt lte gt gte oneOf sort key lookup "
    "default row column layer repeat facet density flatten impute loess on quantile regression stack argmax argmin "
    "extent".split()
)
"""Keys of what is read by people, of fields and of values: Vega-Lite quotes these wherever it makes expressions of them."""
_TIMES = frozenset("year quarter month date day hours minutes seconds milliseconds".split())
_COLOUR = re.compile(r"(rgb|hsl|lab|lch|hcl)a?\([\d.,%\s/+\-]{1,60}\)\Z")
_CALLING = frozenset("(){}`\\;'\"")
_FORMAT = re.compile(r"[^'\"`\\{}\r\n]{0,100}\Z")

Path = tuple[str | int, ...]


def clean_vega_lite(spec: Any) -> dict[str, Any]:
    """The specification, made anew, with its ``$schema``.

    Raises
    ------
    Misfit
        With the path, as ``("vega_lite", "layer", 1, "encoding", "href")``.
    """
    if not isinstance(spec, dict):
        raise Misfit(f"has a {type(spec).__name__} for a specification, expected a dictionary", at=("vega_lite",))
    try:
        check_plain(spec, max_values=MAX_VALUES)
    except NotPlain as error:
        raise Misfit(
            f"has a specification that is no plain data (at {error.path}): {error}",
            remedy="its author uses Figure.vega_lite, and thins data out before it is drawn",
            at=("vega_lite",),
        ) from None
    cleaner = _Cleaner(_parameters_of(spec))
    cleaned: dict[str, Any] = cleaner.walk(spec, ("vega_lite",), "")
    return {"$schema": SCHEMA, **cleaned}


def _parameters_of(spec: Any) -> set[str]:
    names: set[str] = set()
    rest = [spec]
    while rest:
        value = rest.pop()
        if isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key == "params" and isinstance(item, list):
                    found = (param.get("name") for param in item if isinstance(param, dict))
                    names.update(name for name in found if isinstance(name, str) and _IDENTIFIER.match(name))
                rest.append(item)
    return names - RESERVED - POLLUTING - NAMES


class _Cleaner:
    """Walks the tree. `check_plain` has bounded how deep it is."""

    def __init__(self, parameters: set[str]) -> None:
        self._parameters = parameters
        self._characters = 0

    def walk(self, value: Any, at: Path, key: str) -> Any:
        """`value`, which stands under `key`, made anew."""
        if isinstance(value, dict):
            return {name: self._item(name, item, at) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.walk(item, (*at, index), key) for index, item in enumerate(value)]
        if isinstance(value, str):
            self._count(value, at)
            if key in _FIELDS and _field(value) == "image":
                self._refuse(
                    "has a field called image, which tooltips take for a picture's address", "rename the field", at
                )
            if key not in _TEXTS and not _CALLING.isdisjoint(value) and not _COLOUR.match(value):
                self._refuse(f"has {show(value)} where no text stands", "write a word, a number or a colour", at)
        return value

    def _item(self, key: str, value: Any, at: Path) -> Any:
        at = (*at, key)
        self._count(key, at)
        if key in POLLUTING:
            self._refuse(f"has the key {key}, which is no property of a drawing", "leave it out", at)
        if key in _REFUSED:
            self._refuse(f"has the key `{key}`", f"leave it out: {_REFUSED[key]}", at)
        if key.endswith("FormatType"):
            self._refuse(f"has the key `{key}`", f"leave it out: {_REFUSED['customFormatTypes']}", at)
        special = _SPECIAL.get(key)
        if special is not None:
            return special(self, value, at)
        if key in _NAMED and not (isinstance(value, str) and _NAME.match(value) and value not in POLLUTING | RESERVED):
            self._refuse(f"has the name {show(value)}", "use letters, digits and _, and no word of JavaScript", at)
        if key in _TIMES and not (isinstance(value, (int, float)) or (isinstance(value, str) and _WORD.match(value))):
            self._refuse(f"has {show(value)} as {key}", "write a number", at)
        return self.walk(value, at, key)

    def _expression(self, value: Any, at: Path) -> Any:
        if not isinstance(value, str):
            self._refuse(f"has {show(value)} for an expression", "write it as a string", at)
        self._count(value, at)
        flaw = flaw_of(value, self._parameters)
        if flaw is not None:
            self._refuse(f"has an expression that {flaw}", "compute it in the plugin, and hand over the values", at)
        return value

    def _predicate(self, value: Any, at: Path) -> Any:
        """An expression, a test of a field, or several of these."""
        if isinstance(value, str):
            return self._expression(value, at)
        if isinstance(value, (list, tuple)):
            return [self._predicate(item, (*at, index)) for index, item in enumerate(value)]
        return self.walk(value, at, "")

    def _schema(self, value: Any, at: Path) -> Any:
        if not isinstance(value, str) or not _SCHEMAS.match(value) or len(at) != 2:
            self._refuse(f"has the schema {show(value)}", f"use {SCHEMA}", at)
        return value

    def _url(self, value: Any, at: Path) -> Any:
        """An address is a PNG within, as a value."""
        if isinstance(value, dict) and set(value) == {"value"}:
            return {"value": self._url(value["value"], (*at, "value"))}
        if not isinstance(value, str) or not value.startswith(_PICTURE):
            self._refuse(
                f"has the address {show(value)}",
                f"put data in as values, and pictures as {_PICTURE}…: nothing is fetched",
                at,
            )
        self._count(value, at)
        try:
            data, kind = clean_bitmap(base64.b64decode(value[len(_PICTURE) :], validate=True), at=at)
        except binascii.Error:
            self._refuse("has a picture whose base64 can't be read", "encode it anew", at)
        return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"

    def _data(self, value: Any, at: Path) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            self._refuse(f"has {show(value)} for data", 'write {"values": […]}', at)
        for key in value:
            if key not in _DATA_KEYS:
                self._refuse(f"has data with `{key[:40]}`", "put the data in as values: nothing is fetched", (*at, key))
        cleaned = {}
        for key, item in value.items():
            if key == "values":
                cleaned[key] = self._rows(item, (*at, key))
            elif key == "format":
                cleaned[key] = self._format_of_data(item, (*at, key))
            elif key == "sequence":
                cleaned[key] = self._sequence(item, (*at, key))
            else:
                cleaned[key] = self._item(key, item, at)
        return cleaned

    def _datasets(self, value: Any, at: Path) -> Any:
        if not isinstance(value, dict):
            self._refuse(f"has {show(value)} for datasets", 'write {"name": […]}', at)
        for name in value:
            if not _NAME.match(name) or name in POLLUTING:
                self._refuse(f"has the name {show(name)}", "use letters, digits and _", at)
        return {name: self._rows(rows, (*at, name)) for name, rows in value.items()}

    def _rows(self, value: Any, at: Path) -> Any:
        if not isinstance(value, list):
            self._refuse(f"has {show(value)} for rows", "write a list of dictionaries or numbers", at)
        return [self._row(row, (*at, index)) for index, row in enumerate(value)]

    def _row(self, value: Any, at: Path) -> Any:
        """Plain data, whose keys are names of fields."""
        if isinstance(value, str):
            self._count(value, at)
        elif isinstance(value, dict):
            for key in value:
                self._count(key, at)
                if key == "image" or key in POLLUTING:
                    self._refuse(f"has a field called {key}", "rename the field", (*at, key))
            return {key: self._row(item, (*at, key)) for key, item in value.items()}
        elif isinstance(value, list):
            return [self._row(item, (*at, index)) for index, item in enumerate(value)]
        return value

    def _format_of_data(self, value: Any, at: Path) -> Any:
        if not isinstance(value, dict) or not set(value) <= {"type", "parse"} or value.get("type", "json") != "json":
            self._refuse(
                "has data in another form than rows", 'write {"type": "json", "parse": {…}} or leave it out', at
            )
        parse = value.get("parse")
        if parse is None:
            return dict(value)
        if not isinstance(parse, dict) or not all(isinstance(kind, str) and len(kind) < 64 for kind in parse.values()):
            self._refuse("has data to be parsed by no dictionary", 'write {"field": "number"}', at)
        return {**value, "parse": self._row(parse, (*at, "parse"))}

    def _sequence(self, value: Any, at: Path) -> Any:
        numbers = dict(value) if isinstance(value, dict) else {}
        name = numbers.pop("as", "data")
        known = set(numbers) <= {"start", "stop", "step"} and isinstance(name, str)
        if not known or not 0 <= _length(**numbers) <= MAX_SEQUENCE:
            self._refuse(f"has the sequence {show(value)}", f"count to at most {MAX_SEQUENCE}", at)
        return {key: self._item(key, item, at) for key, item in value.items()}

    def _bind(self, value: Any, at: Path) -> Any:
        """A control beside the drawing. Vega makes attributes of whatever it is given."""
        if value in ("scales", "legend") and isinstance(value, str):
            return value
        if not isinstance(value, dict):
            self._refuse(f"has {show(value)} for a control", "write scales, legend or an input", at)
        if "input" not in value:
            for key, item in value.items():
                if not isinstance(item, dict) or "input" not in item:
                    self._refuse(f"has {show(item)} for a control", "give it an input", (*at, key))
            return {self._count(key, at): self._bind(item, (*at, key)) for key, item in value.items()}
        for key, item in value.items():
            if key not in _BIND_KEYS:
                self._refuse(
                    f"has a control with `{key[:40]}`", f"a control has {', '.join(sorted(_BIND_KEYS))}", (*at, key)
                )
            if key != "options" and key != "labels" and not isinstance(item, (str, int, float)):
                self._refuse(f"has a control whose {key} is {show(item)}", "give it a number or text", (*at, key))
        if value["input"] not in _INPUTS:
            self._refuse(f"has the input {show(value['input'])}", f"use {', '.join(sorted(_INPUTS))}", (*at, "input"))
        return {key: self._row(item, (*at, key)) for key, item in value.items()}

    def _keyvals(self, value: Any, at: Path) -> Any:
        return self._sequence(value, at) if isinstance(value, dict) else self.walk(value, at, "values")

    def _number(self, value: Any, at: Path) -> Any:
        if isinstance(value, str):
            self._refuse(f"has {show(value)} where a number stands", "write the number", at)
        return self.walk(value, at, "")

    def _listens(self, value: Any, at: Path) -> Any:
        if at[-3:-2] == ("transform",):  # of a regression: a field
            return self.walk(value, at, "field")
        if not isinstance(value, bool) and not (isinstance(value, str) and _EVENT.match(value)):
            self._refuse(f"listens to {show(value)}", "name one event of the pointer, as click", at)
        return value

    def _moves(self, value: Any, at: Path) -> Any:
        """An event, or where a projection is moved to."""
        return self.walk(value, at, "") if isinstance(value, list) else self._listens(value, at)

    def _toggle(self, value: Any, at: Path) -> Any:
        if not isinstance(value, bool) and not (isinstance(value, str) and _TOGGLE.match(value)):
            self._refuse(f"toggles by {show(value)}", "write event.shiftKey, true or false", at)
        return value

    def _word(self, value: Any, at: Path) -> Any:
        """What stands for one of some words, and must not be an address or an expression instead."""
        if value is not None and not (isinstance(value, str) and _WORD.match(value)):
            self._refuse(f"has {show(value)} where a word stands", "write one of Vega-Lite's words", at)
        return value

    def _time_unit(self, value: Any, at: Path) -> Any:
        if isinstance(value, dict):
            return self.walk(value, at, "timeUnit")
        return self._word(value, at)

    def _format_type(self, value: Any, at: Path) -> Any:
        if value not in ("number", "time"):
            self._refuse(f"has the format type {show(value)}", "write number or time", at)
        return value

    def _format(self, value: Any, at: Path) -> Any:
        if isinstance(value, dict):  # by unit of time
            return {self._count(key, at): self._format(item, (*at, key)) for key, item in value.items()}
        if value is not None and not (isinstance(value, str) and _FORMAT.match(value)):
            self._refuse(f"has the format {show(value)}", "write one of d3's, without quotes", at)
        return value

    def _content(self, value: Any, at: Path) -> Any:
        if value != "encoding":
            self._refuse(
                f"has a tooltip of {show(value)}", "write encoding, and name the fields in the channel tooltip", at
            )
        return value

    def _side(self, value: Any, at: Path) -> Any:
        # In encodings and conditions these are channels; only as sizes are they numbers.
        if isinstance(value, (int, float)) and not isinstance(value, bool) and not 0 <= value <= MAX_SIDE:
            self._refuse(f"is {show(value)} pixels a side", f"make it at most {MAX_SIDE}", at)
        return self.walk(value, at, "")

    def _config(self, value: Any, at: Path) -> Any:
        if not isinstance(value, dict):
            self._refuse(f"has {show(value)} for a configuration", "write a dictionary", at)
        return self.walk(value, at, "config")

    def _count(self, text: str, at: Path) -> str:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            self._refuse(f"has more than {MAX_CHARACTERS} characters", "thin the data out before it is drawn", at[:1])
        return text

    def _refuse(self, what: str, remedy: str, at: Path) -> NoReturn:
        raise Misfit(what, remedy=f"its author mends it: {remedy}", at=at[:MAX_DEPTH])


def _length(*, start: Any = 0, stop: Any = None, step: Any = 1) -> float:
    """How many numbers there are in a sequence; a negative one if it is none."""
    real = all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in (start, stop, step))
    return float((stop - start) / step) if real and step else -1.0


def _field(text: str) -> str:
    """A field's name without what quotes it."""
    return text.strip("[]'\"\\ ")


_SPECIAL: dict[str, Any] = {
    "$schema": _Cleaner._schema,
    "url": _Cleaner._url,
    **dict.fromkeys(("calculate", "expr", "labelExpr"), _Cleaner._expression),
    **dict.fromkeys(("filter", "test", "and", "or", "not"), _Cleaner._predicate),
    **dict.fromkeys(("format", "numberFormat", "timeFormat", "normalizedNumberFormat"), _Cleaner._format),
    **dict.fromkeys(("step", "start", "stop", "band", "bandPosition"), _Cleaner._number),
    "keyvals": _Cleaner._keyvals,
    "data": _Cleaner._data,
    "datasets": _Cleaner._datasets,
    "sequence": _Cleaner._sequence,
    "bind": _Cleaner._bind,
    "on": _Cleaner._listens,
    "clear": _Cleaner._listens,
    "translate": _Cleaner._moves,
    "zoom": _Cleaner._listens,
    "toggle": _Cleaner._toggle,
    "cursor": _Cleaner._word,
    "unit": _Cleaner._word,
    "timeUnit": _Cleaner._time_unit,
    "formatType": _Cleaner._format_type,
    "content": _Cleaner._content,
    "width": _Cleaner._side,
    "height": _Cleaner._side,
    "config": _Cleaner._config,
}

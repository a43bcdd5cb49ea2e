"""SVG from strangers: read by a parser with its dangers off, and written anew from what is known to be harmless.

Owns the allow-lists. What an SVG can do beyond drawing, and what becomes of it here:

- run code: ``script``, ``on…`` attributes, ``foreignObject`` with HTML, ``javascript:`` links, animations that set a link.
  None of these elements and attributes is known here, and there is no link but one to ``#something`` of the same drawing.
- fetch: ``href``, ``url(…)``, ``@import``, an external DTD, a style sheet by processing instruction. Addresses are
  ``#something`` or a PNG or JPEG within; styles are declarations of known properties.
- grow: entities that stand for entities, ``use`` of ``use`` of ``use``. A DTD with content is refused before it defines any,
  and what the references unfold to is counted.
- hide: what isn't drawn (comments, ``metadata``, the DOCTYPE that drawing programs write) is left out.

Everything else that isn't known is refused by name, so that no author wonders where it went. Beyond that, a checked SVG is
only ever shown as the source of an ``<img>``, where browsers run and fetch nothing. Called by ``figures``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ..schema.strict import show
from .bitmap import clean_bitmap
from .ports import Misfit
from .unfolding import References

MAX_CHARACTERS = 2 * 1024 * 1024
MAX_ELEMENTS = 100_000
MAX_DEPTH = 64

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"

ELEMENTS = frozenset(
    "svg g defs symbol use title desc style path rect circle ellipse line polyline polygon text tspan textPath image "
    "linearGradient radialGradient stop clipPath mask pattern marker switch".split()
)
_UNDRAWN = "metadata"
_WITH_TEXT = frozenset("title desc style text tspan textPath".split())

PROPERTIES = frozenset(
    "alignment-baseline baseline-shift clip-path clip-rule color color-interpolation color-rendering direction display "
    "dominant-baseline fill fill-opacity fill-rule font font-family font-size font-size-adjust font-stretch font-style "
    "font-variant font-weight image-rendering isolation letter-spacing line-height marker marker-end marker-mid "
    "marker-start mask mix-blend-mode opacity overflow paint-order shape-rendering stop-color stop-opacity stroke "
    "stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width "
    "text-align text-anchor text-decoration text-rendering transform transform-origin unicode-bidi vector-effect "
    "visibility white-space word-spacing writing-mode".split()
)
ATTRIBUTES = PROPERTIES | frozenset(
    "aria-label aria-hidden class clipPathUnits cx cy d dx dy fr fx fy gradientTransform gradientUnits height href id "
    "lang lengthAdjust markerHeight markerUnits markerWidth maskContentUnits maskUnits method offset orient overflow "
    "pathLength patternContentUnits patternTransform patternUnits points preserveAspectRatio r refX refY role rotate rx "
    "ry side spacing spreadMethod startOffset style textLength type version viewBox width x x1 x2 y y1 y2".split()
)

_IDENTIFIER = re.compile(r"[A-Za-z_][\w.:\-]*\Z", re.ASCII)
_LOCAL = re.compile(r"#([A-Za-z_][\w.:\-]*)\Z", re.ASCII)
_URL = re.compile(r"url\(\s*(['\"]?)#([A-Za-z_][\w.:\-]*)\1\s*\)", re.ASCII)
_LAST_WORD = re.compile(r"[\w\-]+\Z")
_CALLS = frozenset("rgb rgba hsl hsla calc translate scale rotate skewx skewy matrix".split())
_PICTURE = re.compile(r"data:image/(?:png|jpeg|jpg);base64,([A-Za-z0-9+/=\s]*)\Z", re.ASCII)
_SELECTOR = re.compile(r"[\w\s.#*,>+~\-]+\Z", re.ASCII)


def clean_svg(text: Any) -> str:
    """The drawing, written anew.

    Raises
    ------
    Misfit
        With the way to the element, as ``("svg", "g", "script")``.
    """
    if not isinstance(text, str):
        raise Misfit(f"has a {type(text).__name__} for an SVG, expected a string", at=("svg",))
    if len(text) > MAX_CHARACTERS:
        raise Misfit(
            f"has an SVG of {len(text)} characters, at most {MAX_CHARACTERS}",
            remedy="its author draws less, or makes a PNG of it",
            at=("svg",),
        )
    return _Cleaner().clean(text)


class _Cleaner:
    """Writes while it reads: what the parser reports is checked and written down, and nothing else is."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._names: list[str] = []
        self._skipped = 0
        self._style: list[str] = []
        self._references = References(MAX_ELEMENTS)

    def clean(self, text: str) -> str:
        # The encoding is given, so that the text can't declare another one.
        parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise Misfit(
                f"has an SVG that is no XML: {what} in line {error.lineno}, column {error.offset}",
                remedy="its author mends it there",
                at=("svg",),
            ) from None
        except UnicodeEncodeError:
            raise Misfit("has an SVG with half of a surrogate pair, which is no character", at=("svg",)) from None
        unfolded = self._references.unfolded()
        if unfolded is None:
            self._refuse("refers to itself", "its author takes the circle out")
        if unfolded > MAX_ELEMENTS:
            self._refuse(
                f"unfolds to more than {MAX_ELEMENTS} elements through its references", "its author draws less"
            )
        return "".join(self._written)

    def _doctype(self, name: str, system_id: str | None, public_id: str | None, has_content: int) -> None:
        if has_content:
            self._refuse("has a DTD, which can define entities", "its author leaves <!DOCTYPE …> out")

    def _entity(self, *_: Any) -> NoReturn:
        self._refuse("has an entity of its own", "its author writes out what it stands for")

    def _instruction(self, target: str, data: str) -> None:
        self._refuse(f"has the processing instruction <?{target[:40]}", "its author leaves it out")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if self._skipped or (namespace == SVG and name == _UNDRAWN):
            self._skipped += 1
            return
        self._names.append(name)
        if namespace != SVG or name not in ELEMENTS:
            where = "" if namespace == SVG else f" of {show(namespace) if namespace else 'no namespace'}"
            self._refuse(f"has the element <{name[:40]}>{where}", "its author draws with SVG's shapes and text alone")
        if (len(self._names) == 1) != (name == "svg"):
            self._refuse("has <svg> elsewhere than around everything", "its author has one <svg> and groups within")
        if len(self._names) > MAX_DEPTH:
            self._refuse(f"is nested more than {MAX_DEPTH} deep", "its author flattens it")
        self._references.enter(attributes.get("id"))
        if self._references.count > MAX_ELEMENTS:
            self._refuse(f"has more than {MAX_ELEMENTS} elements", "its author draws less, or makes a PNG of it")
        self._written.append(f"<{name}")
        if len(self._names) == 1:
            self._written.append(f' xmlns="{SVG}" xmlns:xlink="{XLINK}"')
        for attribute, value in attributes.items():
            self._attribute(name, attribute, value)
        self._written.append(">")

    def _attribute(self, element: str, attribute: str, value: str) -> None:
        namespace, _, name = attribute.rpartition(" ")
        if namespace == _XML and name in ("space", "lang"):
            self._write(f"xml:{name}", value)
            return
        if namespace not in ("", XLINK) or name not in (ATTRIBUTES if not namespace else ("href", "type")):
            self._refuse(
                f"has the attribute {name[:40]} at <{element}>", "its author leaves it out: a figure is drawn, not run"
            )
        if namespace == XLINK and name == "type":
            return
        if name == "href":
            self._href(element, value)
            return
        if name == "id" and not _IDENTIFIER.match(value):
            self._refuse(f"has the id {show(value)}", "its author names elements with letters, digits, _, - and .")
        if name == "type" and (element != "style" or value != "text/css"):
            self._refuse(f"has the type {show(value)} at <{element}>", "its author leaves it out")
        if name == "style":
            value = self._declarations(value)
        elif name not in ("aria-label", "class", "id"):
            value = self._value(name, value)
        self._write(name, value)

    def _write(self, name: str, value: str) -> None:
        self._written.append(f" {name}={quoteattr(value)}")

    def _href(self, element: str, value: str) -> None:
        value = value.strip()
        local = _LOCAL.match(value)
        if local and element in ("use", "textPath", "linearGradient", "radialGradient", "pattern"):
            self._references.refer(local[1])
        elif element == "image" and (picture := _PICTURE.match(value)):
            value = self._picture(picture[1])
        else:
            self._refuse(
                f"has a link at <{element}> to {show(value)}",
                "its author refers to #something within the drawing, and puts pictures in as data:image/png;base64,…",
            )
        self._write("xlink:href", value)

    def _picture(self, text: str) -> str:
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error:
            self._refuse("has a picture whose base64 can't be read", "its author encodes it anew")
        data, kind = clean_bitmap(data, at=self._path)
        return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"

    def _declarations(self, text: str, *, may_refer: bool = True) -> str:
        """``fill: none; stroke: #000``, each property known."""
        if "/*" in text:
            self._refuse("has a comment in a style", "its author leaves it out")
        kept = []
        for declaration in text.split(";"):
            if not declaration.strip():
                continue
            name, colon, value = declaration.partition(":")
            name = name.strip().lower()
            if name.startswith("-inkscape-"):
                continue
            if not colon or name not in PROPERTIES:
                self._refuse(f"has the style {show(name)}", "its author uses the properties that draw")
            value = self._value(name, value.strip(), may_refer=may_refer)
            kept.append(f"{name}: {value}")
        return "; ".join(kept)

    def _value(self, name: str, value: str, *, may_refer: bool = True) -> str:
        """A value without addresses, escapes and functions that could hold one."""
        for found in _URL.finditer(value) if may_refer else ():
            self._references.refer(found[2])
        rest = _URL.sub(" ", value) if may_refer else value
        if "/*" in rest or any(character in rest for character in "\\@<{}:"):
            self._refuse(f"has {name} of {show(value)}", "its author refers to #something within the drawing alone")
        for before in rest.split("(")[:-1]:
            call = _LAST_WORD.search(before.rstrip()[-40:])
            if call is None or call[0].lower() not in _CALLS:
                self._refuse(
                    f"has {name} of {show(value)}", "its author uses colours and transforms as functions alone"
                )
        return value

    def _characters(self, text: str) -> None:
        if self._skipped:
            return
        if self._names and self._names[-1] == "style":
            self._style.append(text)
        elif self._names and self._names[-1] in _WITH_TEXT:
            self._written.append(escape(text))
        elif text.strip():
            self._refuse(f"has text in <{self._names[-1]}>", "its author puts it into <text>")
        else:
            self._written.append("\n" if "\n" in text else "")

    def _end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        name = self._names[-1]
        if name == "style":
            self._written.append(escape(self._rules("".join(self._style))))
            self._style = []
        self._written.append(f"</{name}>")
        self._references.leave()
        self._names.pop()

    def _rules(self, text: str) -> str:
        """A style sheet: rules for elements, classes and ids. No address, since a rule counts for many elements."""
        kept = []
        *rules, rest = text.split("}")
        for rule in rules:
            selector, brace, declarations = rule.partition("{")
            if not brace or not _SELECTOR.match(selector.strip()):
                self._refuse(f"has a style sheet with {show(rule.strip())}", "its author writes plain rules")
            kept.append(f"{selector.strip()} {{ {self._declarations(declarations, may_refer=False)} }}")
        if rest.strip():
            self._refuse(f"has a style sheet with {show(rest.strip())}", "its author writes plain rules")
        return "\n".join(kept)

    @property
    def _path(self) -> tuple[str | int, ...]:
        return ("svg", *(name[:40] for name in self._names[1:9]))

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        raise Misfit(f"{what[:300]}", remedy=remedy, at=self._path)

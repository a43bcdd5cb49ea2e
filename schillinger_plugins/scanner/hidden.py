"""What a reader doesn't see, or sees otherwise than Python does.

Owns bidirectional overrides (Boucher and Anderson, "Trojan Source: Invisible Vulnerabilities", 2021), invisible and control
characters, code pushed out of sight by spaces, lines that no editor shows whole, and names in letters that look like others.
Letters of one other script, Greek among Latin as in ``Δf``, and emoji in texts are how people write, and stay unmentioned.
Called by ``scan``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from .names import Names
from .report import Finding, Severity
from .source import Source

MAX_LINE = 5000

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\u115f\u1160\u3164\uffa0]|(?<!^)\ufeff", re.MULTILINE
)
# Joiners belong to words in some scripts and to emoji; one variation selector belongs to a symbol. More than that is data.
_SMUGGLED = re.compile("[\U000e0000-\U000e007f\U000e0100-\U000e01ef]|[\ufe00-\ufe0f]{3,}|[\u200c\u200d]{3,}")
_CONTROL = re.compile("[\x01-\x08\x0b\x0d-\x1f\x7f-\x9f]")
_OUT_OF_SIGHT = re.compile(r"\S[ \t]{120,}\S")
_WORD = re.compile(r"\w+")
_MOST = 20
"""Matches of a kind that are looked at in a file: to find the line of each takes as long as the file is."""
_LETTER = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "HEBREW", "ARABIC", "DEVANAGARI", "HANGUL"}
_GREEK_TWINS = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
_CYRILLIC_TWINS = frozenset("аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅ")


def hidden(source: Source, names: Names | None) -> Iterator[Finding]:
    """What is hidden in a source, in the order of the rules."""
    text = source.text
    if not text.isascii():
        for match in islice(_BIDI.finditer(text), _MOST):
            message = f"{_named(match[0])} turns the reading direction: the line is not what it looks like"
            yield source.finding("high", "hidden-bidi", message, _line(text, match.start()))
        for match in islice(_SMUGGLED.finditer(text), _MOST):
            message = f"{_named(match[0][0])}: invisible characters that can carry data or code"
            yield source.finding("high", "hidden-invisible", message, _line(text, match.start()))
        for match in islice(_INVISIBLE.finditer(text), _MOST):
            message = f"{_named(match[0])} can't be seen"
            yield source.finding("medium", "hidden-invisible", message, _line(text, match.start()))
    for match in islice(_CONTROL.finditer(text.replace("\r\n", "\n")), _MOST):
        message = f"the control character U+{ord(match[0]):04X} can hide what is beside it in a terminal"
        at = _line(match.string, match.start())
        yield source.finding("medium", "control-character", message, at)
    for number, line in enumerate(source.lines, 1):
        if len(line) > 120 and _OUT_OF_SIGHT.search(line):
            yield source.finding("medium", "out-of-sight", "more than 120 spaces, and then the line goes on", number)
        if len(line) > MAX_LINE:
            yield source.finding("low", "long-line", f"a line of {len(line)} characters, which nobody reads", number)
    if names is not None and not text.isascii():
        yield from _names(source, names)


def _names(source: Source, names: Names) -> Iterator[Finding]:
    for name, line in names.foreign:
        scripts = _scripts(name)
        twins = [c for c in name if c in _GREEK_TWINS]
        letters = [c for c in name if c.isalpha()]
        if ("LATIN" in scripts and len(scripts - {"GREEK"}) > 1) or ("LATIN" in scripts and twins):
            kinds = " and ".join(sorted(word.title() for word in scripts))
            message = f"the name {_spelled(name)} mixes {kinds} letters, so that it can pass for another"
            yield source.finding("high", "mixed-scripts", message, line)
        elif len(letters) > 2 and all(c in _CYRILLIC_TWINS for c in letters):
            message = f"the name {_spelled(name)} is written in letters that look like Latin ones"
            yield source.finding("high", "mixed-scripts", message, line)
    # Python reads 𝐞𝐱𝐞𝐜 as exec: the tree has the plain name, only the text shows the other letters.
    disguised = 0
    for match in _WORD.finditer(source.text):
        if match[0].isascii() or len(match[0]) > 100:
            continue
        plain = unicodedata.normalize("NFKC", match[0])
        if plain != match[0] and plain.isascii() and match[0].isidentifier() and plain in names.identifiers:
            message = f"{_spelled(match[0])} is read as {plain} by Python"
            disguised += 1
            if disguised > _MOST:
                return
            severity: Severity = "high" if plain in names.dangerous else "medium"
            yield source.finding(severity, "disguised-name", message, _line(source.text, match.start()))


def _scripts(name: str) -> set[str]:
    words = {unicodedata.name(c, "?").split()[0].split("-")[0] for c in name if c.isalpha()}
    return words & _LETTER


def _spelled(name: str) -> str:
    return ascii(name[:60])


def _named(character: str) -> str:
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'no name').lower()})"


def _line(text: str, index: int) -> int:
    return len(re.findall(r"\r\n|\r|\n", text[:index])) + 1

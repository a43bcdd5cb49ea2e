"""One source file: from bytes to a tree, or to the reason why there is none.

Owns that a source which can't be read the way Python would run it is said to be so, never passed over: too large, bytes that
are no text, an encoding that makes the code other than it looks, nesting that is not safe to parse, or no Python at all.
Called by ``scan``; the rules work on what it makes.
"""

from __future__ import annotations

import ast
import codecs
import re
import warnings
from dataclasses import dataclass
from functools import cached_property

from .nesting import too_deep
from .report import Finding, Severity, excerpt

MAX_BYTES = 512 * 1024

_DECLARATION = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF8 = frozenset({"utf-8", "ascii", "utf-8-sig"})
_PLAIN = frozenset({"iso8859-1", "cp1252", "iso8859-15"})


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source file and what could be made of it.

    Attributes
    ----------
    file : str
        Relative to the plugin's folder.
    text : str
        Empty if it can't be decoded.
    tree : ast.Module or None
        None if it can't be parsed.
    flaws : tuple of Finding
        Why not.
    """

    file: str
    text: str = ""
    tree: ast.Module | None = None
    flaws: tuple[Finding, ...] = ()

    @cached_property
    def lines(self) -> list[str]:
        """As Python counts them."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def finding(self, severity: Severity, rule: str, message: str, line: int = 0) -> Finding:
        """A finding at a line of this file."""
        snippet = excerpt(self.lines[line - 1]) if 0 < line <= len(self.lines) else ""
        return Finding(severity=severity, rule=rule, message=message, file=self.file, line=line, snippet=snippet)


def read(file: str, data: bytes) -> Source:
    """Decode and parse the bytes of a file.

    Parameters
    ----------
    file : str
        What it is called.
    data : bytes
        At most `MAX_BYTES` + 1 of it are looked at.
    """
    if len(data) > MAX_BYTES:
        message = f"it is larger than {MAX_BYTES // 1024} kB and was not read: nobody writes so much in one file"
        return Source(file=file, flaws=(_flaw(file, "medium", "too-large", message),))
    flaws: list[Finding] = []
    codec, problem = _encoding(file, data)
    flaws += problem
    if codec is None:
        return Source(file=file, flaws=tuple(flaws))
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"it is no {codec} text, so it was not read; Python won't run it either"
        return Source(file=file, flaws=(*flaws, _flaw(file, "medium", "undecodable", message, line)))
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        message = "it holds a NUL character, behind which tools may see nothing; Python won't run it"
        flaws.append(_flaw(file, "high", "nul", message, line))
        return Source(file=file, text=text, flaws=tuple(flaws))
    reason = too_deep(text)
    if reason is not None:
        message = f"it is nested too deep to be read ({reason}), so it was not"
        return Source(file=file, text=text, flaws=(*flaws, _flaw(file, "high", "too-deep", message)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an author's "\d"
            tree = ast.parse(text)
    except SyntaxError as error:
        message = f"it is no Python that can be read here: {excerpt(str(error.msg))}"
        flaws.append(_flaw(file, "low", "syntax-error", message, max(error.lineno or 0, 0)))
        return Source(file=file, text=text, flaws=tuple(flaws))
    except (RecursionError, MemoryError, ValueError, OverflowError) as error:
        message = f"it can't be parsed ({type(error).__name__}), so it was not read"
        return Source(file=file, text=text, flaws=(*flaws, _flaw(file, "high", "too-deep", message)))
    return Source(file=file, text=text, tree=tree, flaws=tuple(flaws))


def _encoding(file: str, data: bytes) -> tuple[str | None, list[Finding]]:
    """The codec that Python would read it with (None for one that this doesn't read with), and what is odd about it."""
    with_mark = data.startswith(codecs.BOM_UTF8)
    default = "utf-8-sig" if with_mark else "utf-8"
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", data[:2000], maxsplit=2)[:2], 1):
        match = _DECLARATION.match(line)
        if match is None:
            if line.strip() and not line.lstrip().startswith(b"#"):
                break  # a declaration counts in the second line only below a comment or nothing
            continue
        named = match[1].decode("ascii", "replace")
        try:
            codec = codecs.lookup(named)
        except (LookupError, ValueError):
            message = f"it declares the encoding {excerpt(named)!r}, which there is not"
            return None, [_flaw(file, "medium", "encoding", message, number)]
        if codec.name in _UTF8:
            return default, []
        if codec.name in _PLAIN and not with_mark:
            message = f"it declares the encoding {codec.name}; UTF-8 is what everybody reads"
            return codec.name, [_flaw(file, "low", "encoding", message, number)]
        message = f"it declares the encoding {codec.name}, in which code can be written that doesn't look like code"
        return None, [_flaw(file, "high", "encoding", message, number)]
    return default, []


def _flaw(file: str, severity: Severity, rule: str, message: str, line: int = 0) -> Finding:
    return Finding(severity=severity, rule=rule, message=message, file=file, line=line)

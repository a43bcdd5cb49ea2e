"""The pages of the documentation, taken apart into the blocks that tests run."""

from __future__ import annotations

import importlib.util
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
_BLOCK = re.compile(
    r"(?:^<!-- skip: (?P<skip>.+?) -->\n+)?"
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes
    ----------
    title : str or None
        The path of the file that it is, if it is one.
    skip : str or None
        Why it isn't run.
    expected : str or None
        What it shows or raises: the block of the language ``text`` right after it.
    """

    language: str
    title: str | None
    code: str
    line: int
    skip: str | None
    expected: str | None


def load_markers() -> ModuleType:
    """The module with which the site fills in what is made of the code."""
    spec = importlib.util.spec_from_file_location("docs_markers", DOCS / "markers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages() -> list[Path]:
    """All of them."""
    return sorted(DOCS.rglob("*.md"))


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = list(_BLOCK.finditer(text))
    taken = []
    for match, after in itertools.zip_longest(found, found[1:]):
        expected = None
        if after is not None and after["language"] == "text" and not text[match.end() : after.start()].strip():
            expected = after["code"]
        line = text.count("\n", 0, match.start("code"))
        taken.append(Block(match["language"], match["title"], match["code"], line, match["skip"], expected))
    return taken


def pattern(expected: str) -> re.Pattern[str]:
    """What is quoted, as a pattern: ``…`` stands for anything, line breaks for any white space."""
    pieces = [r"\s+".join(map(re.escape, piece.split())) for piece in expected.split("…")]
    return re.compile(r"\s*.*?\s*".join(pieces), re.DOTALL)

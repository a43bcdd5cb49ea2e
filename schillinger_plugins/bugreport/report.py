"""Bug report: what somebody needs who is to mend it, as a file to be read first and sent then.

Owns the form: sections of facts and lines, capped so that the whole fits where people paste it, as Markdown or JSON. No text
of a plugin can leave its block there, and none is HTML. Sends nothing. Filled by ``gathering``, called by the faces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, PluginError
from ..files import put
from ..paths import shown
from ..sandbox.printable import printable

MAX_SECTION_CHARS = 4_000
MAX_LINE_CHARS = 600
FORMS = (".md", ".json")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a report.

    Attributes
    ----------
    facts : Mapping
        Short texts by name.
    lines : sequence of str
    left_out : str
        What of it was not told, and how to have it told.
    """

    title: str
    facts: Mapping[str, str]
    lines: Sequence[str] = ()
    left_out: str = ""

    @property
    def text(self) -> str:
        """Facts, then lines."""
        width = max((len(name) for name in self.facts), default=0)
        return "\n".join([*(f"{name:{width}}  {value}" for name, value in self.facts.items()), *self.lines])


def section(
    title: str,
    facts: Mapping[str, Any] | None = None,
    lines: Iterable[str] = (),
    *,
    left_out: str = "",
    keeps_end: bool = False,
) -> Section:
    """A section within its bounds. Of lines that are too many the first are kept, or the last with `keeps_end`."""
    told = {name: _one_line(value) for name, value in (facts or {}).items()}
    room = max(0, MAX_SECTION_CHARS - sum(len(name) + len(value) for name, value in told.items()))
    kept: list[str] = []
    all_lines = [_cut(line) for text in lines for line in _within(text, keeps_end=keeps_end).split("\n")]
    for line in reversed(all_lines) if keeps_end else all_lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    if keeps_end:
        kept.reverse()
    if (gone := len(all_lines) - len(kept)) > 0:
        kept.insert(0 if keeps_end else len(kept), f"… {gone} lines cut")
    return Section(title=title, facts=told, lines=kept, left_out=left_out)


@dataclass(frozen=True, kw_only=True)
class BugReport:
    """All of it.

    Attributes
    ----------
    plugin_id : str or None
    taken : int
        How often a secret, or who somebody is, was taken out.
    """

    plugin_id: str | None
    made_at: str
    sections: tuple[Section, ...]
    taken: int

    @property
    def file_name(self) -> str:
        """What its file is called if nobody says otherwise."""
        of = f"-{self.plugin_id}" if self.plugin_id else ""
        when = re.sub(r"\D", "", self.made_at)[:14]
        return f"schillinger-report{of}-{when}.md"

    @property
    def contents(self) -> list[tuple[str, str, str]]:
        """What is in it: the sections, how long each is, and what was left out."""
        return [(one.title, f"{len(one.facts) + len(one.lines)} lines", one.left_out) for one in self.sections]

    def write(self, file: Path) -> None:
        """Write it, as the name ends: ``.md`` or ``.json``.

        Raises
        ------
        InputError
            For another ending.
        PluginError
            If it can't be written; what was there before is still there.
        """
        if file.suffix not in FORMS:
            raise InputError(
                f"{shown(file)} ends with {file.suffix or 'nothing'}, and a report is {' or '.join(FORMS)}",
                remedy=f"write {shown(file.with_suffix('.md'))}",
            )
        text = self.markdown() if file.suffix == ".md" else self.as_json()
        try:
            put(file, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise PluginError(
                f"{shown(file)} can't be written: {error.strerror}", remedy="name another file"
            ) from error

    def markdown(self) -> str:
        """As text that GitHub and notebooks show."""
        whose = f" of {self.plugin_id}" if self.plugin_id else ""
        parts = [
            f"# Bug report{whose}",
            "",
            f"Made {self.made_at}. What I did, what I expected, what I saw instead:",
            "",
        ]
        for one in self.sections:
            # A fence longer than any in the text: no text of a plugin ends its block.
            fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", one.text)), default=0))
            parts += [f"## {one.title}", "", f"{fence}text", one.text or "nothing", fence, ""]
            parts += [f"Left out: {one.left_out}.", ""] if one.left_out and one.text else []
        return "\n".join(parts)

    def as_json(self) -> str:
        """As data."""
        sections = {
            one.title: {"facts": dict(one.facts), "lines": list(one.lines), "left_out": one.left_out}
            for one in self.sections
        }
        whole = {"plugin_id": self.plugin_id, "made_at": self.made_at, "sections": sections}
        return json.dumps(whole, indent=1) + "\n"


def _within(text: str, *, keeps_end: bool) -> str:
    """What of it can be shown at all: a megabyte isn't looked through to be cut then."""
    return printable(text[-2 * MAX_SECTION_CHARS :] if keeps_end else text[: 2 * MAX_SECTION_CHARS])


def _one_line(value: Any) -> str:
    return _cut(" ".join(printable(str(value)[: 2 * MAX_LINE_CHARS]).split()))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LINE_CHARS else text[: MAX_LINE_CHARS - 1] + "…"

"""``%plugin report``: a file with what a bug report needs, to be read first and sent then.

Owns the taking apart of the line. What is in the file is ``bugreport``'s. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..paths import shown
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table

ADVICE = (
    "Nothing has been sent. Read it before you send it: a secret that looks like an ordinary word is not known as one."
)


def report(session: Session, line: str, _: Mapping[str, Any] | None) -> Table:
    """Write it, and show what is in it."""
    from ..bugreport import gather

    words = line.split()
    with_values = "--values" in words
    words = [word for word in words if word != "--values"]
    file = None
    if "--out" in words:
        index = words.index("--out")
        if index + 1 == len(words):
            raise InputError("--out needs the name of a file", remedy="write --out report.md")
        file = Path(words[index + 1]).expanduser()
        del words[index : index + 2]
    if len(words) > 1 or (words and words[0].startswith("-")):
        raise InputError(
            f"%plugin report can't be told {' '.join(words)[:60]!r}",
            remedy=f"write %plugin report {SUBCOMMANDS['report'].usage}",
        )
    made = gather(session.manager, words[0] if words else None, with_values=with_values)
    file = file or Path(made.file_name)
    made.write(file)
    return Table(
        headings=("part", "", "left out"),
        rows=made.contents,
        title=f"{shown(file)} is written",
        notes=[f"Secrets, names and places taken out: {made.taken}.", ADVICE],
    )

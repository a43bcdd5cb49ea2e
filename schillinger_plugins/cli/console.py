"""How the command line writes: tables and facts to stdout, progress and errors to stderr.

Owns that text of a plugin can drive no terminal: control characters are replaced, and rich's markup is never read
from it.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import PluginError, PluginExecutionError
from ..sandbox.printable import printable

OnProgress = Callable[[float, str], None]

_PLAIN_WIDTH = 160
_LINE_EVERY_S = 5.0


def complain(error: PluginError | str, *, remedy: str | None = None) -> None:
    """Tell on stderr what went wrong, after the plugin's own traceback if it has one."""
    lines = []
    if isinstance(error, PluginError):
        if isinstance(error, PluginExecutionError) and error.traceback_text.strip():
            lines += [error.traceback_text.rstrip(), ""]
        name = f"{error.plugin_id}: " if error.plugin_id else ""
        lines.append(f"{type(error).__name__}: {name}{error.message}" + (f" - at {error.path}" if error.path else ""))
        remedy = error.remedy
    else:
        lines.append(error)
    if remedy:
        # The words of the notebook, said in those of the command line.
        lines.append(f"→ {_in_our_words(remedy)}")
    sys.stdout.flush()
    print(printable("\n".join(lines)), file=sys.stderr)


def _in_our_words(remedy: str) -> str:
    """A remedy of the notebook, said in the words of the command line."""
    remedy = re.sub(r"limits=\{'(\w+)': …\} in the call", r"--limit \1=…", remedy)
    # What a plugin printed is gone with the process here; a notebook keeps it.
    remedy = re.sub(r"%plugin logs \S+", "%plugin logs in a notebook", remedy)
    return remedy.replace("%plugin logs in", "%\0plugin logs in").replace("%plugin ", "schillinger ").replace("\0", "")


def note(text: str) -> None:
    """A remark on stderr."""
    print(printable(text), file=sys.stderr)


def say(text: str) -> None:
    """A line on stdout."""
    print(printable(text))


def tell_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """A table on stdout; without frames and colours where stdout is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    is_terminal = sys.stdout.isatty()
    # In a pipe nothing is cut to the width of a screen that isn't there.
    console = Console(
        file=sys.stdout, width=None if is_terminal else _PLAIN_WIDTH, highlight=False, markup=False, emoji=False
    )
    table = Table(box=box.SIMPLE_HEAD if is_terminal else None, show_header=any(headings), pad_edge=False)
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    with console.capture() as captured:
        console.print(table)
    if title:
        say(title)
    for line in captured.get().split("\n"):
        if line.strip():
            print(line.rstrip())


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[OnProgress]:
    """What to call with a fraction and a message: a bar with the time left on a terminal, else a line now and then."""
    if quiet:
        yield lambda fraction, message: None
    elif sys.stderr.isatty():
        with _bar(title) as update:
            yield update
    else:
        yield _lines(title)


@contextmanager
def _bar(title: str) -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.fields[title]}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("running", total=None, title=title)
        yield lambda fraction, message: bar.update(
            task, total=1.0, completed=fraction, description=printable(message)[:80] or "running"
        )


def _lines(title: str) -> OnProgress:
    started_s = time.monotonic()
    told_s, told_message = -_LINE_EVERY_S, ""
    step_began_s, last_fraction = 0.0, 0.0

    def update(fraction: float, message: str) -> None:
        nonlocal told_s, told_message, step_began_s, last_fraction
        elapsed_s = time.monotonic() - started_s
        if fraction < last_fraction:
            step_began_s = elapsed_s  # the sandbox is warm, now the plugin runs: its pace is its own
        last_fraction = fraction
        step_s = elapsed_s - step_began_s
        # The end of a step is told by what follows it.
        if fraction >= 1 or message == told_message or elapsed_s - told_s < _LINE_EVERY_S:
            return
        told_s, told_message = elapsed_s, message
        left = f", about {step_s * (1 - fraction) / fraction:.0f} s left" if 0.02 <= fraction < 1 else ""
        note(f"{title}: {fraction * 100:.0f} % {message[:120]} ({elapsed_s:.1f} s{left})")

    return update


def as_json(value: Any) -> None:
    """Plain data on stdout."""
    import json

    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=str))

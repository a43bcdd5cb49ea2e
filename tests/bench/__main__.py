"""``make bench``: measure, and print the tables.

Owns the command line: which chapters, how thorough, and whether the page is written. The modules that measure are imported
one by one, when it is their turn.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from .page import table, write
from .run import Run

CHAPTERS = ("calls", "sizes", "analysis", "instances", "blocks", "server", "discovery", "explorer", "memory")
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure what the sandbox costs.")
    parser.add_argument(
        "chapters", nargs="*", metavar="CHAPTER", help=f"of {', '.join(CHAPTERS)}; all, if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="few figures: to see that it works, not to trust them")
    parser.add_argument(
        "--page", nargs="?", const=PAGE, type=Path, metavar="FILE", help="write the page anew, and its plots beside it"
    )
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.chapters if name not in CHAPTERS]
    if unknown:
        parser.error(f"there is no chapter {unknown[0]}; there are {', '.join(CHAPTERS)}")
    if asked.page == PAGE and (asked.chapters or asked.quick):
        parser.error("the page in docs holds one thorough run of everything: name no chapter, or another file")
    console = Console()
    chapters = []
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    # Drawn between two turns only: a thread that draws would take the interpreter away from what is measured.
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        run = Run(progress, quick=asked.quick)
        for name in asked.chapters or CHAPTERS:
            chapter = importlib.import_module(f"{__package__}.{name}").chapter(run)
            chapters.append(chapter)
            console.print(table(chapter))
    if asked.page is not None:
        write(asked.page, chapters, run)
        console.print(f"written: {asked.page}")


if __name__ == "__main__":
    main()

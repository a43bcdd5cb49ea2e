"""``schillinger report``: a file with what a bug report needs, to be read first and sent then.

Another process than the one that failed: of failures it knows what the journal does.
"""

from __future__ import annotations

from pathlib import Path

import click

from .console import note, progress, say, tell_table
from .run import PATHS, open_manager


@click.command()
@click.argument("plugin", metavar="ID", required=False)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it: a .md or .json file.")
@click.option("--values", "with_values", is_flag=True, help="Also tell the values of parameters and configuration.")
@PATHS
def report(plugin: str | None, out: Path | None, with_values: bool, paths: tuple[str, ...]) -> None:
    """Write a file with what a bug report needs: versions, sandbox, the plugin ID, its last runs and lines; no secrets.

    \b
    Examples:
      schillinger report
      schillinger report audio_analyzer --out report.md
    """
    from ..bugreport import gather

    with open_manager(paths) as manager, progress("report", quiet=False):
        made = gather(manager, plugin, with_values=with_values)
    file = out or Path(made.file_name)
    made.write(file)
    say(str(file))
    tell_table(("part", "", "left out"), made.contents)
    note(f"Secrets, names and places taken out: {made.taken}. Nothing has been sent: read it before you send it.")

"""``schillinger new | export``: a plugin from a template, and a plugin into a folder or an archive of its own.

Owns the commands and what they tell. The work is ``authoring``'s.
"""

from __future__ import annotations

from pathlib import Path

import click

from .. import authoring
from ..paths import shown
from .console import say
from .run import PATHS, open_manager


@click.command()
@click.argument("plugin_id", metavar="ID")
@click.option(
    "--type",
    "kind",
    type=click.Choice(authoring.TYPES, case_sensitive=False),
    default="node",
    show_default=True,
    help="What it is to be.",
)
@click.option("--dir", "folder", type=click.Path(file_okay=False), default=".", help="Where its folder goes.")
def new(plugin_id: str, kind: str, folder: str) -> None:
    """Write the plugin ID from a template: manifest, code, a test and a page, all of which work.

    \b
    Examples:
      schillinger new slow_filter --type effect
      schillinger new tempo_study --type analysis --dir ~/plugins
    """
    made = shown(authoring.new(plugin_id, kind, Path(folder)))
    say(f"{plugin_id} is in {made}")
    grant = f"schillinger grant {made} network; " if kind == "integration" else ""
    if grant:
        say(authoring.ASKS_A_SERVICE)
    say(f"next: {grant}schillinger test {made}; schillinger dev {made}")


@click.command()
@click.argument("plugin_id", metavar="ID")
@click.option(
    "-o", "--to", type=click.Path(), metavar="PATH", help="The folder or file to be; its id here, if not given."
)
@click.option("--archive", is_flag=True, help="Write a .zip.")
@PATHS
def export(plugin_id: str, to: str | None, archive: bool, paths: tuple[str, ...]) -> None:
    """Copy the plugin ID, one of a notebook's cell for example, into a folder of its own or an archive.

    \b
    Examples:
      schillinger export my_effect --to ~/plugins/my_effect
      schillinger export my_effect --archive
    """
    with open_manager(paths) as manager:
        root = manager.plugins[plugin_id].root
    written = shown(authoring.export(root, Path(to).expanduser() if to else None, archive=archive))
    say(f"{plugin_id} is in {written}")
    say(f"next: schillinger {'install' if archive else 'test'} {written}")

"""``schillinger install | pack``: a plugin out of an archive, and into one.

Owns the commands and what they tell: where the plugin is now, what it asks for, what to do next. Nothing of a plugin is run
and nothing is granted by installing it. The rules are in ``package``.
"""

from __future__ import annotations

from pathlib import Path

import click

from .. import package
from ..loader import discover, inspect, user_folder
from ..paths import shown
from ..permissions import requests_of
from .console import note, say
from .scan import findings, tell_findings


@click.command()
@click.argument("archive", metavar="ARCHIVE|FOLDER", type=click.Path())
@click.option("--replace", is_flag=True, help="Put it in the place of the plugin of that id.")
def install(archive: str, replace: bool) -> None:
    """Put the plugin in ARCHIVE (.zip, .tar.gz, .tgz) or FOLDER into your folder of plugins. Runs none of it.

    \b
    Examples:
      schillinger install reverse-1.0.0.zip
      schillinger install ~/src/reverse --replace
    """
    root = package.unpack(Path(archive).expanduser(), user_folder(), replace=replace)
    record = inspect(root)
    assert record.manifest is not None  # unpack has read it
    say(f"{record.id} {record.manifest.metadata.version} is in {shown(root)}; nothing of it was run")
    for request in requests_of(record.manifest):
        say(
            f"  asks for {request.permission}: {request.describe()}"
            + (f" ({request.reason})" if request.reason else "")
        )
    tell_findings(findings(record), title="\nFindings of the static scan")
    for other in discover():
        if other.root != root and other.id.split("@")[0] == record.id:
            verb = "counts instead" if other.error is None else "doesn't count while this one is there"
            note(f"{shown(other.root)} has the id {record.id}, too, and {verb}")
    say(f"next: schillinger info {record.id}; schillinger run {record.id}")


@click.command()
@click.argument("folder", type=click.Path())
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Where; id-version.zip here, if not given.")
def pack(folder: str, output: str | None) -> None:
    """Write the plugin in FOLDER to a zip: the same bytes for the same content."""
    target = package.pack(Path(folder).expanduser(), Path(output).expanduser() if output else None)
    summary = package.inspect(target)
    say(f"{shown(target)}: {len(summary.files)} files, {target.stat().st_size} bytes ({summary.total_bytes} unpacked)")
    say(f"next: schillinger install {shown(target)}")

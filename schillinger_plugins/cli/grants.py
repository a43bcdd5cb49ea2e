"""``schillinger grant | revoke | permissions``: what plugins may do beyond running.

Starts no worker. What is decided here counts in notebooks, too. The words and the decision are in ``permissions``.
"""

from __future__ import annotations

import click

from ..errors import InputError
from .asking import can_ask, named, read_answer
from .console import as_json, note, say, tell_table
from .run import PATHS, open_manager

_REFUSED = 4


@click.command()
@click.argument("plugin", metavar="ID")
@click.argument("permission", required=False)
@click.option("--read", multiple=True, metavar="FOLDER", help="A folder to read, in place of those it asks for.")
@click.option(
    "--write", multiple=True, metavar="FOLDER", help="A folder to read and write, in place of those it asks for."
)
@click.option("--host", multiple=True, metavar="NAME[:PORT]", help="A host to reach, in place of those it asks for.")
@click.option("--yes", is_flag=True, help="Grant without asking.")
@PATHS
def grant(
    plugin: str,
    permission: str | None,
    read: tuple[str, ...],
    write: tuple[str, ...],
    host: tuple[str, ...],
    yes: bool,
    paths: tuple[str, ...],
) -> int:
    """Let the plugin ID (or the one in the folder ID) do what it asks for, until its code changes.

    \b
    Examples:
      schillinger grant sampler file_access
      schillinger grant sampler file_access --read ~/Music --write ~/renders
      schillinger grant catalogue network --host musicbrainz.org --yes
    """
    from ..permissions import Given, ask, confirmed, question_about, receipt

    given = Given(read=read or None, write=write or None, hosts=host or None)
    with open_manager(paths) as manager:
        record = manager.look(named(manager, plugin))
        question = question_about(
            manager.permissions, record, permission, given=given, findings=lambda: manager.findings(record.root).lines()
        )
        if question is None:
            say(f"{record.id} has all that it asks for")
            return 0
        if yes:
            grants = confirmed(manager.permissions, question, tell=note, given=given)
        elif can_ask():
            grants = ask(manager.permissions, question, read=read_answer, tell=note, given=given)
        else:
            raise InputError(
                "a grant needs a yes, and nobody can be asked here",
                plugin_id=record.id,
                remedy="add --yes if you know what it will do",
            )
    for one in grants:
        say(receipt(one, is_loaded=False))
    return 0 if grants else _REFUSED


@click.command()
@click.argument("plugin", metavar="ID")
@click.argument("permission", required=False)
def revoke(plugin: str, permission: str | None) -> None:
    """Take back what was granted to the plugin ID, or one PERMISSION of it; it counts when it is loaded next."""
    from ..permissions import described_grant

    with open_manager(()) as manager:
        ended = manager.revoke(plugin, permission)
    for one in ended:
        say(f"revoked {one.permission} of {plugin} {one.version}: {described_grant(one)}")
    if not ended:
        say(f"nothing was granted to {plugin}")


@click.command()
@click.argument("plugin", metavar="ID", required=False)
@PATHS
@click.option("--json", "want_json", is_flag=True, help="Print JSON instead of a table.")
def permissions(plugin: str | None, paths: tuple[str, ...], want_json: bool) -> None:
    """Tell what plugins ask for beyond running, and what they were granted; of the plugin ID alone, if it is given."""
    from ..permissions import HEADINGS, overview

    with open_manager(paths) as manager:
        if plugin is not None and plugin not in manager.plugins and manager.permissions.grants(plugin):
            records, plugin_id = [], plugin  # it has gone, but not what was granted to it
        elif plugin is not None:
            records = [manager.look(named(manager, plugin))]
            plugin_id = records[0].id
        else:
            records = [manager.look(one.id) for one in manager.plugins.values() if one.error is None]
            plugin_id = None
        rows = overview(manager.permissions, records, plugin_id=plugin_id)
    if want_json:
        as_json([row._asdict() for row in rows])
    elif rows:
        tell_table(HEADINGS, [(*row[:-1], row.note.replace("%plugin ", "schillinger ")) for row in rows])
    else:
        note("no plugin asks for more than to run, and nothing was granted")

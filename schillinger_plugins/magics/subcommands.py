"""The subcommands of ``%plugin``: what each is for and how it is written.

Plain data, from which help, Tab completion and dispatch follow; nothing is imported.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Subcommand:
    """One word after ``%plugin``.

    Attributes
    ----------
    usage : str
        What follows the word.
    takes_plugin : bool
        Whether the first argument is a plugin's id.
    takes_path : bool
        Whether it may be a folder.
    options : tuple of (option, value, meaning)
        The value is empty for a switch.
    """

    name: str
    usage: str
    summary: str
    examples: tuple[str, ...]
    takes_plugin: bool = False
    takes_path: bool = False
    options: tuple[tuple[str, str, str], ...] = ()


RUN_OPTIONS = (
    ("--seed", "N", "makes a run with random numbers repeatable"),
    ("--limit", "NAME=N", "a limit of this run, as wall_s=30 (also cpu_s, memory_mb, output_mb, …); may be repeated"),
    ("--config", "NAME=EXPR", "configuration of an instance made for this run alone; may be repeated"),
    ("--quiet", "", "shows no progress"),
)

SUBCOMMANDS: dict[str, Subcommand] = {
    command.name: command
    for command in (
        Subcommand(
            name="list",
            usage="[WORD]",
            summary="the plugins on this machine; with WORD those whose id, type, category or description has it",
            examples=("list", "list analysis"),
        ),
        Subcommand(
            name="info",
            usage="ID [name=expression …]",
            summary="what a plugin is; its node to set and run by hand, with the values given",
            examples=("info gain_node", "info gain_node audio=y gain_db=-6"),
            takes_plugin=True,
        ),
        Subcommand(
            name="run",
            usage="ID [name=expression …] [--seed N] [--limit NAME=N] [--config NAME=EXPR] [--quiet]",
            summary="run a plugin in a confined process and return its result",
            examples=(
                'run audio_analyzer audio="song.flac"',
                "run gain_node audio=(y, sr) gain_db=-6 automation=[(0, -6), (2, 0)]",
                "run resultant_rhythm a=4 b=3 --seed 1",
                "run audio_analyzer audio=y --limit wall_s=30",
            ),
            takes_plugin=True,
            options=RUN_OPTIONS,
        ),
        Subcommand(
            name="load",
            usage="ID | PATH",
            summary="import a plugin in a confined process; PATH is the folder of one that is not listed",
            examples=("load gain_node", "load ~/plugins/my_plugin"),
            takes_plugin=True,
            takes_path=True,
        ),
        Subcommand(
            name="unload",
            usage="ID",
            summary="end a plugin's processes; it stays listed",
            examples=("unload gain_node",),
            takes_plugin=True,
        ),
        Subcommand(
            name="reload",
            usage="ID",
            summary="read a plugin anew after a change of its code; if it fails, the old code goes on serving",
            examples=("reload gain_node",),
            takes_plugin=True,
        ),
        Subcommand(
            name="status",
            usage="",
            summary="what is running, what it has used, and how it is confined",
            examples=("status",),
        ),
        Subcommand(
            name="logs",
            usage="[ID] [--tail N]",
            summary="what plugins printed and logged; the last N lines",
            examples=("logs", "logs gain_node --tail 20"),
            takes_plugin=True,
            options=(("--tail", "N", "the last N lines; 100 if not given"),),
        ),
        Subcommand(
            name="trace",
            usage="[ID] [--kind KIND] [--tail N]",
            summary="what plugins did: files opened, modules imported, requests made; the last N events",
            examples=("trace", "trace audio_analyzer --kind open"),
            takes_plugin=True,
            options=(
                ("--kind", "KIND", "only open, import, exec, process, file, socket, ctypes or fetch"),
                ("--tail", "N", "the last N events; 50 if not given"),
            ),
        ),
        Subcommand(
            name="doctor",
            usage="",
            summary="how well this machine confines plugins, and why not better",
            examples=("doctor",),
        ),
        Subcommand(
            name="validate",
            usage="ID | PATH",
            summary="check a plugin's folder without running any of it; shows every flaw",
            examples=("validate ~/plugins/my_plugin",),
            takes_plugin=True,
            takes_path=True,
        ),
        Subcommand(
            name="scan",
            usage="ID | PATH",
            summary="look through a plugin's code without running it; shows what is worth a look, by severity",
            examples=("scan gain_node", "scan ~/Downloads/a_plugin"),
            takes_plugin=True,
            takes_path=True,
        ),
        Subcommand(
            name="install",
            usage="PATH [--replace]",
            summary="put the plugin of an archive (.zip, .tar.gz) or a folder into your folder of plugins; runs none of it",
            examples=("install ~/Downloads/reverse-1.0.0.zip", "install ~/src/reverse --replace"),
            takes_path=True,
            options=(("--replace", "", "puts it in the place of the plugin of that id"),),
        ),
        Subcommand(
            name="grant",
            usage="ID | PATH [PERMISSION] [--read FOLDER] [--write FOLDER] [--host NAME] [--yes]",
            summary="let a plugin do what it asks for, or what the options name; counts until its code changes",
            examples=(
                "grant sampler file_access",
                "grant sampler file_access --read ~/Music --write ~/renders",
                "grant catalogue network --host musicbrainz.org",
            ),
            takes_plugin=True,
            takes_path=True,
            options=(
                ("--read", "FOLDER", "a folder to read, in place of those it asks for; may be repeated"),
                ("--write", "FOLDER", "a folder to read and write, in place of those it asks for; may be repeated"),
                ("--host", "NAME[:PORT]", "a host to reach, in place of those it asks for; may be repeated"),
                ("--yes", "", "grants without asking"),
            ),
        ),
        Subcommand(
            name="revoke",
            usage="ID [PERMISSION]",
            summary="take back what was granted to a plugin, and end it",
            examples=("revoke sampler", "revoke sampler file_access"),
            takes_plugin=True,
        ),
        Subcommand(
            name="permissions",
            usage="[ID]",
            summary="what plugins ask for beyond running, and what they were granted",
            examples=("permissions", "permissions sampler"),
            takes_plugin=True,
        ),
    )
}

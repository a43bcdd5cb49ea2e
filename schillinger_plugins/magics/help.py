"""Help: ``%plugin`` alone, and ``%plugin SUB -h``, made of the table in ``subcommands``."""

from __future__ import annotations

from .subcommands import CELL_OPTIONS, SUBCOMMANDS, Subcommand
from .table import Text

FIRST_STEPS = (
    "%plugin list",
    "r = %plugin run resultant_rhythm a=3 b=2",
    '%plugin run audio_analyzer audio=r["audio"]',
)


def overview() -> Text:
    """All subcommands, and how to begin."""
    width = max(map(len, SUBCOMMANDS))
    lines = ["%plugin SUBCOMMAND …", ""]
    lines += [f"  {command.name:<{width}}  {command.summary}" for command in SUBCOMMANDS.values()]
    lines += ["", "To begin:", *(f"  {step}" for step in FIRST_STEPS), "", "%plugin SUBCOMMAND -h tells more."]
    return Text("\n".join(lines))


def cell_help() -> Text:
    """``%%plugin`` alone."""
    lines = ["%%plugin ID [--type TYPE] [--no-run] [name=expression …]", ""]
    lines += ["  the cell is a plugin's code: it is written, loaded in a confined process, shown and tried", ""]
    lines += [f"  {f'{option} {value}'.rstrip():<12}  {meaning}" for option, value, meaning in CELL_OPTIONS]
    lines += ["", "Running the cell again is a reload. %plugin new ID writes one into a folder instead."]
    return Text("\n".join(lines))


def details(command: Subcommand) -> Text:
    """One subcommand: usage, options, examples."""
    lines = [f"%plugin {command.name} {command.usage}".rstrip(), "", f"  {command.summary}"]
    if command.options:
        shown = [(f"{option} {value}".rstrip(), meaning) for option, value, meaning in command.options]
        width = max(len(option) for option, _ in shown)
        lines += ["", *(f"  {option:<{width}}  {meaning}" for option, meaning in shown)]
    lines += ["", "Examples:", *(f"  %plugin {example}" for example in command.examples)]
    return Text("\n".join(lines))

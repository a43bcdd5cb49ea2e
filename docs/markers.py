"""What in the pages is made of the code, so that it can't be stale.

A line ``<!-- made of: WORD … -->`` in a page is replaced while the site is built. Owns the words there are. Called by mkdocs
as a hook (``mkdocs.yml``), and by the tests, which run what comes of it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click

from schillinger_plugins import errors
from schillinger_plugins.definition import NodeDefinition, Output, Parameter, Port
from schillinger_plugins.magics.subcommands import SUBCOMMANDS

_MARKER = re.compile(r"^<!-- made of: (.*?) -->$", re.MULTILINE)
_TOP = Path(__file__).parents[1]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs with the text of each page."""
    return expanded(markdown)


def on_files(files: Any, config: Any) -> Any:
    """Called by mkdocs: the README's picture is shown on the site, too, and there is one of it."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "quickstart.png", abs_src_path=str(_TOP / "notebooks" / "quickstart.png")))
    return files


def expanded(markdown: str) -> str:
    """The text of a page with what its markers stand for. Raises `KeyError` for a word that there is not."""

    def made(match: re.Match[str]) -> str:
        word, *rest = match[1].split()
        return _MAKERS[word](*rest)

    return _MARKER.sub(made, markdown)


def subcommands() -> str:
    """Every subcommand of ``%plugin``."""
    parts = []
    for command in SUBCOMMANDS.values():
        lines = [f"## %plugin {command.name} {{#{command.name}}}", "", f"{_sentence(command.summary)}", ""]
        lines += ["```text", f"%plugin {command.name} {command.usage}".rstrip(), "```", ""]
        if command.options:
            lines += ["| option | |", "|---|---|"]
            lines += [
                f"| `{f'{option} {value}'.strip()}` | {_cell(meaning)} |" for option, value, meaning in command.options
            ]
            lines += [""]
        lines += ["```text", *(f"%plugin {example}" for example in command.examples), "```", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def cell() -> str:
    """The help of ``%%plugin``."""
    from schillinger_plugins.magics.help import cell_help

    return f"## %%plugin {{#cell}}\n\n```text\n{cell_help()!r}\n```\n"


def commands() -> str:
    """Every command of ``schillinger``, as its own help tells."""
    from schillinger_plugins.cli import program

    parts = []
    # The program above each command, as in earnest: it remembers the names of its help option from there.
    above = program.make_context("schillinger", [], resilient_parsing=True, terminal_width=100)
    for name, command in program.commands.items():
        context = click.Context(command, above, info_name=name)
        parts.append(f"## schillinger {name} {{#{name}}}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def exit_codes() -> str:
    """The exit codes of ``schillinger``."""
    from schillinger_plugins.cli import EXIT_CODES

    rows = re.findall(r"^\s+(\d+)\s+(.*)$", EXIT_CODES, re.MULTILINE)
    return "\n".join(["| exit code | |", "|---|---|", *(f"| {code} | {_cell(meaning)} |" for code, meaning in rows)])


def tree() -> str:
    """The tree of errors, each with its page."""
    rows = ["| error | |", "|---|---|"]

    def add(kind: type[errors.PluginError], depth: int) -> None:
        indent = "&nbsp;" * 4 * depth
        rows.append(f"| {indent}[{kind.__name__}]({kind.__name__}.md) | {_cell(_first_sentence(kind))} |")
        for child in kind.__subclasses__():
            if child.__module__ == errors.__name__:
                add(child, depth + 1)

    add(errors.PluginError, 0)
    return "\n".join(rows)


def keys(of: str) -> str:
    """The keys of a part of a definition."""
    part = {"node": NodeDefinition, "port": Port, "output": Output, "parameter": Parameter}[of]
    rows = ["| key | | if not given |", "|---|---|---|"]
    for name, field in part.model_fields.items():
        default = "*must be there*" if field.is_required() else _plain(field.default)
        if name == "label" and not field.is_required():
            default = "the name"
        rows.append(f"| `{name}` | {_cell(field.description or _KEYS.get(name, ''))} | {default} |")
    return "\n".join(rows)


def examples() -> str:
    """The plugins that come with the package, by type."""
    from schillinger_plugins.manifest import Manifest

    found = [Manifest.read(file.parent) for file in sorted((_TOP / "plugins").glob("*/plugin.json"))]
    rows = ["| example | type | |", "|---|---|---|"]
    for one in sorted(found, key=lambda one: one.metadata.plugin_type):
        rows.append(f"| `{one.id}` | {one.metadata.plugin_type} | {_cell(one.metadata.description)} |")
    return "\n".join(rows)


def checks() -> str:
    """What the conformance suite tries, group by group."""
    from schillinger_plugins.conformance import AUTHORS, GROUPS
    from schillinger_plugins.conformance.checks import CHECKS

    rows = ["| group | what it tries |", "|---|---|"]
    for group in GROUPS:
        tried = "; ".join(check.title for check in CHECKS if check.group == group)
        rows.append(f"| `{group}` | {_cell(tried)} |")
    rows.append(f"| `{AUTHORS}` | your own tests, in the folder `tests/` |")
    return "\n".join(rows)


def panel_items() -> str:
    """The kinds of items on a panel."""
    from schillinger_plugins.definition.panel import DRAWN, ItemKind

    rows = ["| kind | |", "|---|---|"]
    for kind in get_args(ItemKind):
        words = _ITEMS.get(kind) or f"an output: {', '.join(f'`{word}`' for word in DRAWN[kind])}"
        rows.append(f"| `{kind}` | {words} |")
    return "\n".join(rows)


def names(module: str) -> str:
    """What a module exports, for mkdocstrings; ``__all__`` decides."""
    exported = [name for name in import_module(module).__all__ if not name.startswith("_")]
    return "\n\n".join(f"::: {module}.{name}" for name in exported)


def returned() -> str:
    """What the manager and its instances give back, for mkdocstrings: those that no module of the reference exports."""
    from schillinger_plugins import Instance, PluginManager

    pages = "".join(page.read_text(encoding="utf-8") for page in (Path(__file__).parent / "reference").glob("*.md"))
    modules = [import_module(name) for name in re.findall(r"made of: names (\S+)", pages)]
    exported = [getattr(module, name) for module in modules for name in module.__all__]
    kinds = [kind for of in (PluginManager, Instance) for kind in classes_returned(of)]
    return "\n\n".join(
        f"::: {kind.__module__}.{kind.__qualname__}" for kind in dict.fromkeys(kinds) if kind not in exported
    )


def classes_returned(of: type) -> list[type]:
    """The classes of this package that the public methods and properties of a class return."""
    found: list[type] = []

    def look(hint: Any) -> None:
        if isinstance(hint, type) and hint.__module__.startswith("schillinger_plugins"):
            found.append(hint)
        for part in get_args(hint):
            look(part)

    for name in dir(of):
        member = inspect.getattr_static(of, name)
        function = inspect.unwrap(member.fget if isinstance(member, property) else member)
        if not name.startswith("_") and name not in _FOR_THIS_PACKAGE and inspect.isfunction(function):
            look(get_type_hints(function).get("return"))
    return found


def error_names() -> str:
    """Every error, for mkdocstrings."""
    return "\n\n".join(f"::: {errors.__name__}.{kind.__name__}" for kind in error_classes())


def error_classes() -> list[type[errors.PluginError]]:
    """The whole tree, in the order of ``errors.py``."""
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PluginError)]
    return [kind for kind in found if kind.__module__ == errors.__name__]


_FOR_THIS_PACKAGE = {"spawn_beside"}
"""What is public for another room alone, the one that runs authors' tests: it gives a worker, which nobody else holds."""

_KEYS = {
    "inputs": "what it takes: a list of ports",
    "outputs": "what it gives: a list of outputs",
    "parameters": "what can be set: a list of parameters",
    "steps": "of a workflow: what other plugins do, in this order",
}

_ITEMS = {
    "control": "a parameter, drawn as on the node",
    "button": "what can be pressed; `on_event` gets its name",
    "heading": "a line of text",
}

_MAKERS: dict[str, Callable[..., str]] = {
    "subcommands": subcommands,
    "cell": cell,
    "checks": checks,
    "commands": commands,
    "exit_codes": exit_codes,
    "tree": tree,
    "keys": keys,
    "examples": examples,
    "panel_items": panel_items,
    "names": names,
    "returned": returned,
    "error_names": error_names,
}


def _plain(value: object) -> str:
    """A default as JSON has it; nothing where there is none."""
    return f"`{json.dumps(value)}`" if isinstance(value, (bool, int, float, str)) and value != "" else ""


def _first_sentence(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n\n")[0]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("``", "`")

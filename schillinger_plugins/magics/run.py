"""``%plugin run ID name=expression …``: evaluate, execute, return the result.

Owns the evaluation of expressions in the user's namespace, the sorting of names into inputs and parameters, the
progress display and what Ctrl-C says. The work is the manager's. Called by ``magics.plugin_magic``; `evaluate` and
`sort` by ``magics.commands``, too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, nearest
from .arguments import Arguments, Assignment, parse
from .grants import ask_first
from .progress import NotebookDisplay, Progress, TerminalDisplay
from .session import Session
from .subcommands import RUN_OPTIONS
from .tracebacks import expression_file, shown_as_cancelled, shown_from_expression

if TYPE_CHECKING:
    from ..definition import NodeDefinition
    from ..manager import Instance
    from ..result import Result


def run(session: Session, line: str, local_ns: Mapping[str, Any] | None) -> Result:
    """Run a plugin.

    Raises
    ------
    InputError
        For a line that can't be read, an unknown name, a value that doesn't fit.
    PluginError
        If the plugin fails.
    KeyboardInterrupt
        After Ctrl-C has ended the call.
    """
    arguments = parse(line, RUN_OPTIONS)
    plugin_id = required_id(arguments, "run")
    options = arguments.options
    ask_first(session, plugin_id)
    with progress_for(session, plugin_id, quiet="--quiet" in options) as progress:
        definition = session.manager.definition(plugin_id)
        refuse_unknown(definition, arguments, plugin_id)
        inputs, parameters = sort(definition, evaluate(session, arguments.values, local_ns))
        seed = next(iter(evaluate(session, options.get("--seed", [])[-1:], local_ns).values()), None)
        limits = evaluate(session, options.get("--limit", []), local_ns)
        config = evaluate(session, options.get("--config", []), local_ns)
        with _instance(session, plugin_id, config, progress) as instance, _interruptible(instance, progress):
            return instance.execute(
                inputs, parameters, limits=limits or None, seed=_seed(seed), on_progress=progress.update
            )


def required_id(arguments: Arguments, subcommand: str) -> str:
    """The plugin's id, which must be there."""
    if not arguments.plugin_id:
        raise InputError(f"%plugin {subcommand} needs a plugin's id", remedy="%plugin list shows them")
    return arguments.plugin_id


def progress_for(session: Session, title: str, *, quiet: bool = False) -> Progress:
    """Progress, drawn where the session runs."""
    if quiet:
        return Progress(title, display=None)
    return Progress(title, display=NotebookDisplay() if session.in_notebook else TerminalDisplay())


def evaluate(
    session: Session, values: tuple[Assignment, ...] | list[Assignment], local_ns: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Each expression in the user's namespace; what it raises is shown from the expression on."""
    if not values:
        return {}
    names = session.namespace(local_ns)
    evaluated = {}
    for value in values:
        file_name = expression_file(value.name, value.expression)
        try:
            evaluated[value.name] = eval(compile(value.expression, file_name, "eval"), names)  # noqa: S307  # the user's own
        except NameError as error:
            raise _name_error(error, value, names) from None
        except Exception as error:
            raise shown_from_expression(error, file_name=file_name, ipython=session.ipython) from None
    return evaluated


def refuse_unknown(definition: NodeDefinition, arguments: Arguments, plugin_id: str) -> None:
    """Before anything is evaluated: a slip in a name should not cost a minute of computing the value."""
    known = [port.name for port in definition.inputs] + [parameter.name for parameter in definition.parameters]
    if not known:
        return  # it declares nothing, so it takes anything
    for value in arguments.values:
        if value.name not in known and definition.parameter(value.name) is None:
            close = nearest(value.name, known)
            raise InputError(
                f"no input or parameter `{value.name}`",
                plugin_id=plugin_id,
                remedy=f"did you mean `{close}`?" if close else f"known: {', '.join(known)}",
            )


def sort(definition: NodeDefinition, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and parameters."""
    inputs = {name: value for name, value in values.items() if definition.parameter(name) is None}
    return inputs, {name: value for name, value in values.items() if name not in inputs}


def _name_error(error: NameError, value: Assignment, names: Mapping[str, Any]) -> InputError:
    missing = error.name or ""
    text = value.expression
    remedy = f"assign {missing} first"
    if _is_file(text):
        remedy = f'a path needs quotes: {value.name}="{text}"'
    elif close := nearest(missing, [name for name in names if not name.startswith("_")]):
        remedy = f"did you mean {close}?"
    return InputError(f"`{value.name}={text}`: {error}", remedy=remedy)


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _seed(value: Any) -> int | None:
    if value is not None and (
        isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= int(value) < 2**63
    ):
        raise InputError(f"a seed is a whole number from 0 to 2^63 - 1, not {value!r}"[:200], remedy="write --seed 1")
    return None if value is None else int(value)


@contextlib.contextmanager
def _instance(session: Session, plugin_id: str, config: dict[str, Any], progress: Progress) -> Iterator[Instance]:
    """The plugin's own instance, or with a configuration one that ends after this call."""
    manager = session.manager
    if not config:
        yield manager.default_instance(plugin_id, on_progress=progress.update)
        return
    instance = manager.create_instance(plugin_id, config, on_progress=progress.update)
    try:
        yield instance
    finally:
        manager.destroy_instance(instance.id)


@contextlib.contextmanager
def _interruptible(instance: Instance, progress: Progress) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        is_ready = instance.state == "ready"
        raise shown_as_cancelled(error, elapsed_s=progress.elapsed_s, is_ready=is_ready) from None

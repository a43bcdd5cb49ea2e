"""Answer: what a UI plugin says to an event, checked before anything of it is shown.

Owns the rules of an answer: which keys it may have, that its values fit the parameters and its outputs their ports, that its
message is a short line of text. Refuses the whole answer for one flaw, so that a panel never shows half of one. Called by
``widgets``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import DefinitionError, InputError
from ..schema.json_text import json_path
from ..schema.strict import show, suggestion
from .panel import panel_values

if TYPE_CHECKING:
    from . import NodeDefinition

MAX_MESSAGE = 500

_KEYS = ("values", "outputs", "message")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A patch: what of the panel changes.

    Attributes
    ----------
    values : dict
        New values of parameters.
    outputs : dict
        New values of outputs, of the types of their ports.
    message : str or None
        A line for the user; None leaves the last one.
    """

    values: dict[str, Any]
    outputs: dict[str, Any]
    message: str | None


def checked_answer(definition: NodeDefinition, answer: Any, *, plugin_id: str) -> Answer:
    """An answer as it came from a worker, if it keeps the rules.

    Raises
    ------
    DefinitionError
        With the path ``$.answer.values.gain_db``.
    """
    if not isinstance(answer, Mapping):
        raise _broken(f"on_event() returned {show(answer)}, expected a dictionary", plugin_id, [])
    for key in answer:
        if key not in _KEYS:
            remedy = suggestion(str(key)[:64], _KEYS)
            raise _broken(f"on_event() answered with the key {show(key)}", plugin_id, [str(key)[:64]], remedy)
    return Answer(
        values=_values(definition, _part(answer, "values", plugin_id), plugin_id),
        outputs=_outputs(definition, _part(answer, "outputs", plugin_id), plugin_id),
        message=_message(answer.get("message"), plugin_id),
    )


def _part(answer: Mapping[str, Any], key: str, plugin_id: str) -> Mapping[str, Any]:
    part = answer.get(key)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise _broken(f"`{key}` is {show(part)}, expected a dictionary by name", plugin_id, [key])
    return part


def _values(definition: NodeDefinition, values: Mapping[str, Any], plugin_id: str) -> dict[str, Any]:
    known = [parameter.name for parameter in definition.parameters]
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise _broken(
                f"it set {show(name)}, which is no parameter",
                plugin_id,
                ["values", str(name)[:64]],
                suggestion(str(name)[:64], known),
            )
        try:
            checked[name] = panel_values(definition, {name: value}, plugin_id=plugin_id)[name]
        except InputError as error:
            raise _broken(f"it set a value that can't be: {error.message}", plugin_id, ["values", name]) from None
    return checked


def _outputs(definition: NodeDefinition, outputs: Mapping[str, Any], plugin_id: str) -> dict[str, Any]:
    known = [output.name for output in definition.outputs]
    for name in outputs:
        if name not in known:
            raise _broken(
                f"it gave {show(name)}, which is no output",
                plugin_id,
                ["outputs", str(name)[:64]],
                suggestion(str(name)[:64], known),
            )
    if not outputs:
        return {}
    named = tuple(output for output in definition.outputs if output.name in outputs)
    # A copy that declares no more than what came: an answer gives what changes.
    return definition.model_copy(update={"outputs": named}).check_outputs(outputs, plugin_id=plugin_id)


def _message(message: Any, plugin_id: str) -> str | None:
    if message is None:
        return None
    if not isinstance(message, str):
        raise _broken(f"`message` is {show(message)}, expected a line of text", plugin_id, ["message"])
    if len(message) > MAX_MESSAGE or not message.isprintable():
        remedy = f"its author writes at most {MAX_MESSAGE} characters in one line, without control characters"
        raise _broken(f"the message {show(message)} can't be shown", plugin_id, ["message"], remedy)
    return message


def _broken(message: str, plugin_id: str, at: list[str | int], remedy: str | None = None) -> DefinitionError:
    return DefinitionError(
        message,
        plugin_id=plugin_id,
        path=json_path(["answer", *at]),
        remedy=remedy or "its author answers {'values': {…}, 'outputs': {…}, 'message': '…'}, each optional",
    )

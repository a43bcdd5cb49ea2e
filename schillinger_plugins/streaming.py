"""Streams: sound through an effect block by block, as it comes.

Owns the parameters that hold until they are changed, the check of each block on its way in and out, and what is known of the
effect's delay. Made by `Instance.stream`, whose turns it takes one block at a time: a reload happens between two blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .definition import NodeDefinition
from .errors import DefinitionError, InputError
from .reading import with_content
from .types import Audio


class Perform(Protocol):
    """Calls a method of the plugin."""

    def __call__(
        self, method: str, inputs: dict[str, Any], parameters: dict[str, Any], *, seed: int | None = None
    ) -> dict[str, Any]:
        """What it answered, unchecked."""


class Stream:
    """Sound through an effect, block by block.

    Attributes
    ----------
    parameters : dict
        As they are now, every one of them.
    """

    def __init__(self, plugin_id: str, definition: Callable[[], NodeDefinition], perform: Perform) -> None:
        self.parameters: dict[str, Any] = {}
        self._plugin_id = plugin_id
        self._definition = definition
        self._perform = perform
        self._checked_by: NodeDefinition | None = None

    def begin(self, parameters: Mapping[str, Any], seed: int | None) -> None:
        """Set the parameters and have the effect forget what it heard before."""
        self._set(self._definition(), parameters)
        answer = self._perform("reset", {}, {}, seed=seed)
        if answer.get("streams") is not True:
            raise InputError(
                "it has no process(block, parameters), so it can only be given a whole sound",
                plugin_id=self._plugin_id,
                remedy="call execute()",
            )

    def process(self, block: Audio, **changes: Any) -> Audio:
        """The next block through the effect.

        Parameters
        ----------
        block : Audio
            Of any length; channels and rate as in the block before.
        **changes
            Parameters that change with this block, by name.

        Returns
        -------
        Audio
            Of the same shape and rate; late by `latency_frames`.

        Raises
        ------
        InputError
            If the block is no `Audio`, or a parameter doesn't fit: the stream goes on with the next block.
        PluginError
            If the effect fails. The stream goes on with the next block; a worker that had to be replaced has forgotten what
            came before.
        """
        if not isinstance(block, Audio):
            raise InputError(
                f"a block is Audio, not {type(block).__name__}",
                plugin_id=self._plugin_id,
                remedy="pass Audio(samples, sample_rate)",
            )
        definition = self._definition()
        if changes or definition is not self._checked_by:
            self._set(definition, changes)
        out = self._perform("process", {"audio": block}, self.parameters).get("audio")
        if (
            not isinstance(out, Audio)
            or out.samples.shape != block.samples.shape
            or out.sample_rate != block.sample_rate
        ):
            raise DefinitionError(
                f"process() returned {out!r} for a block of {block.channels} channels, {block.frames} frames "
                f"at {block.sample_rate} Hz",
                plugin_id=self._plugin_id,
                remedy="its author returns Audio of the same shape and rate",
            )
        return out

    @property
    def latency_frames(self) -> int:
        """By how many frames the output is late, as the effect says now; at least 0."""
        latency = self._delay().get("latency_frames")
        return max(0, latency) if isinstance(latency, int) else 0

    @property
    def tail_s(self) -> float:
        """How long the effect says it rings after the sound has ended, in seconds; may be infinite."""
        tail = self._delay().get("tail_s")
        return max(0.0, tail) if isinstance(tail, float) and not math.isnan(tail) else 0.0

    def _set(self, definition: NodeDefinition, changes: Mapping[str, Any]) -> None:
        """What holds from now on: by the names of the code that serves, without those that are gone with a reload."""
        plugin_id = self._plugin_id
        before = definition.renamed(self.parameters, plugin_id=plugin_id)
        held = {name: value for name, value in before.items() if definition.parameter(name) is not None}
        changed = with_content(definition, definition.renamed(changes, plugin_id=plugin_id), plugin_id=plugin_id)
        asked = {**held, **changed}
        self.parameters = definition.check_parameters(asked, plugin_id=plugin_id)
        self._checked_by = definition

    def _delay(self) -> dict[str, Any]:
        return self._perform("delay", {}, {})

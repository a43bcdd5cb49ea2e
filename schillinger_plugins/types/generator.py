"""Generators: sound or symbolic events out of nothing but parameters and a seed.

Owns what an event is, and the way from what a generator yields to its outputs. Called by the worker only; an author's
tests may call it directly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import numpy as np

from .audio import Audio
from .plugin import Plugin


class Event(TypedDict):
    """A note, or whatever happens at a time.

    ``time_s`` and ``duration_s`` in seconds; ``pitch`` as a MIDI note number, 60 for middle C, with fractions between the
    keys; ``velocity`` 0 to 1; ``label`` for people.
    """

    time_s: float
    duration_s: NotRequired[float]
    pitch: NotRequired[float]
    velocity: NotRequired[float]
    label: NotRequired[str]


class GeneratorPlugin(Plugin):
    """No audio in; audio or symbolic events out, the same ones for the same seed.

    A generator is written as `generate`, which yields blocks of `Audio` or `Event`; `execute` collects them. One with other
    outputs writes `execute`. All randomness comes from ``self.context.random``.

    Examples
    --------
    >>> class Ticks(GeneratorPlugin):
    ...     def generate(self, parameters) -> Iterator[Event]:
    ...         for beat in range(4):
    ...             yield {"time_s": beat * 0.5, "velocity": float(self.context.random.uniform(0.5, 1))}
    """

    plugin_type = "GENERATOR"

    def generate(self, parameters: Any) -> Iterator[Any]:
        """Make sound or events, a piece at a time.

        Parameters
        ----------
        parameters : dict
            As for `execute`.

        Yields
        ------
        Audio or Event
            Blocks of any length, all of the same channels and rate, and events in the order of their ``time_s``; or both.

        Raises
        ------
        NotImplementedError
            If it was not written.
        """
        raise NotImplementedError(f"{type(self).__name__} has no generate(parameters)")

    async def execute(self, inputs: Any, parameters: Any) -> Any:
        """``audio``, the blocks one after another, and ``events``: those of the two that were yielded.

        Raises
        ------
        TypeError
            If something else is yielded.
        ValueError
            If the blocks differ in channels or rate.
        """
        blocks: list[Audio] = []
        events: list[dict[str, Any]] = []
        for item in self.generate(parameters):
            if isinstance(item, Audio):
                blocks.append(item)
            elif isinstance(item, dict):
                events.append(item)
            else:
                raise TypeError(f"generate() must yield Audio or events, not {type(item).__name__}")
        outputs: dict[str, Any] = {}
        if blocks:
            if len({(block.channels, block.sample_rate) for block in blocks}) > 1:
                raise ValueError("generate() yielded blocks of different channels or rates: they can't be joined")
            joined = np.concatenate([block.samples for block in blocks], axis=1)
            outputs["audio"] = Audio(joined, blocks[0].sample_rate)
        if events or not blocks:
            outputs["events"] = events
        return outputs

    @classmethod
    def lacks(cls) -> list[str]:
        """``generate``, if neither that nor `execute` was written."""
        neither = cls.generate is GeneratorPlugin.generate and cls.execute is GeneratorPlugin.execute
        return [*super().lacks(), *(["generate"] if neither else [])]

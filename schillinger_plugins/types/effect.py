"""Effects: audio in, audio of the same rate out, as a whole or block by block.

Owns the contract of streaming, and the way from a whole sound to blocks and back. Called by the worker only; an author's
tests may call it directly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .audio import Audio
from .plugin import Plugin

BLOCK_FRAMES = 1 << 16
MAX_TAIL_S = 60.0
"""Of an effect that says it rings for longer, or for ever."""


class EffectPlugin(Plugin):
    """Audio in, audio of the same rate out.

    An effect is written as `process`, which gets one block after the other and remembers between them what it needs to;
    `execute` follows from it. One that can only be applied to a whole sound writes `execute` instead, and can't be streamed.

    Attributes
    ----------
    latency_frames : int
        By how many frames what comes out is late. An attribute or a property; read after the first block.
    tail_s : float
        How long it rings after the sound has ended, in seconds; at most 60 are made.

    Examples
    --------
    >>> class Halve(EffectPlugin):
    ...     def process(self, block, parameters):
    ...         return Audio(block.samples * np.float32(0.5), block.sample_rate)
    """

    plugin_type = "EFFECT"
    latency_frames: int = 0
    tail_s: float = 0.0

    def process(self, block: Audio, parameters: Any) -> Audio:
        """Process the next block.

        Parameters
        ----------
        block : Audio
            Of any length, also of one frame or none; its samples are read-only. Channels and rate stay the same until
            `reset`.
        parameters : dict
            As for `execute`. They may differ from those of the block before.

        Returns
        -------
        Audio
            Of the same shape ``(channels, frames)`` and rate in Hz. The result must not depend on where the blocks were cut.

        Raises
        ------
        NotImplementedError
            If it was not written. What an author's own raises ends the stream.
        """
        raise NotImplementedError(f"{type(self).__name__} has no process(block, parameters), so it can't be streamed")

    def reset(self) -> None:
        """Forget the blocks so far: what comes next begins another sound. Called before the first block, too."""

    async def execute(self, inputs: Any, parameters: Any) -> Any:
        """``audio``: the whole of ``inputs["audio"]`` through `process`, without the latency, with the tail.

        Raises
        ------
        ValueError
            If `process` returns another shape or rate than it was given.
        """
        sound: Audio = inputs["audio"]
        self.reset()
        first = self._processed(Audio(sound.samples[:, :BLOCK_FRAMES], sound.sample_rate), parameters)
        latency = int(self.latency_frames)
        tail = math.ceil(min(max(0.0, float(self.tail_s)), MAX_TAIL_S) * sound.sample_rate)
        total = sound.frames + latency + tail
        whole = np.empty((sound.channels, total), np.float32)
        done = first.frames
        whole[:, :done] = first.samples
        while done < total:
            end = min(total, done + BLOCK_FRAMES)
            samples = sound.samples[:, done:end]
            if done >= sound.frames:
                samples = np.zeros((sound.channels, end - done), np.float32)
            block = self._processed(Audio(samples, sound.sample_rate), parameters)
            # At once: an effect may give the same memory back each time.
            whole[:, done : done + block.frames] = block.samples
            done += block.frames
            self.context.progress(done, total)
        return {"audio": Audio(whole[:, latency:], sound.sample_rate)}

    @classmethod
    def lacks(cls) -> list[str]:
        """``process``, if neither that nor `execute` was written."""
        neither = cls.process is EffectPlugin.process and cls.execute is EffectPlugin.execute
        return [*super().lacks(), *(["process"] if neither else [])]

    @classmethod
    def streams(cls) -> bool:
        """Whether it can be streamed."""
        return cls.process is not EffectPlugin.process

    def _processed(self, block: Audio, parameters: Any) -> Audio:
        processed = self.process(block, parameters)
        if not isinstance(processed, Audio):
            raise ValueError(f"process() must return Audio, not {type(processed).__name__}")
        if processed.samples.shape != block.samples.shape or processed.sample_rate != block.sample_rate:
            raise ValueError(
                f"process() was given {block.samples.shape} at {block.sample_rate} Hz "
                f"and returned {processed.samples.shape} at {processed.sample_rate} Hz: they must be the same"
            )
        return processed

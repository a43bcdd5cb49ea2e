"""Convolution in partitions: a long response for sound that comes block by block.

Owns the two stages: the beginning of the response in short partitions, so that it is only a little late, and the rest in
long ones, so that it is cheap. The spectra of past input don't depend on the response: another response takes the place of
one at once, with all that was heard before, and the two are faded into each other.

After William G. Gardner (1995): Efficient convolution without input-output delay. Journal of the Audio Engineering Society
43(3), 127-136; overlap-save, partitions of two sizes.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft

Samples = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex64]

SHORT, LONG = 512, 8192
"""Lengths of the partitions in frames; a whole number of short ones makes a long one."""


class Response:
    """An impulse response, transformed.

    Parameters
    ----------
    taps : np.ndarray [shape=(channels, taps)]
    """

    def __init__(self, taps: Samples) -> None:
        self.head = _spectra(taps[:, :LONG], SHORT)
        self.rest = _spectra(taps[:, LONG:], LONG)


class Stage:
    """Convolution with partitions of one size.

    Parameters
    ----------
    channels, size : int
    partitions : int
        As many as any response will have.
    """

    def __init__(self, channels: int, size: int, partitions: int) -> None:
        self._size = size
        self._last = np.zeros((channels, size), np.float32)
        self._heard = np.zeros((partitions, channels, size + 1), np.complex64)
        self._newest = 0

    def push(self, block: Samples, now: Spectra, before: Spectra) -> Samples:
        """The convolution of a block, and of all before it, with a response; faded from another one over the block.

        Parameters
        ----------
        block : np.ndarray [shape=(channels, size)]
        now, before : np.ndarray [shape=(partitions, channels, size + 1)]
            The same object if nothing has changed.
        """
        self._newest = (self._newest - 1) % len(self._heard)
        self._heard[self._newest] = fft.rfft(np.concatenate([self._last, block], axis=1), axis=1)
        self._last = block
        made = self._convolved(now)
        if now is not before:
            weight = np.arange(1, self._size + 1, dtype=np.float32) / self._size
            old = self._convolved(before)
            made = old + weight * (made - old)
        return made

    def _convolved(self, response: Spectra) -> Samples:
        count = len(response)
        straight = min(count, len(self._heard) - self._newest)  # the rest goes on at the ring's beginning
        heard = self._heard[self._newest : self._newest + straight]
        summed = (response[:straight] * heard).sum(axis=0)
        if straight < count:
            summed += (response[straight:] * self._heard[: count - straight]).sum(axis=0)
        wet: Samples = fft.irfft(summed, axis=1)[:, self._size :]
        return wet


class Convolver:
    """Sound on its way through a room; 512 frames late.

    Parameters
    ----------
    channels : int
    max_taps : int
        Of the longest response that there will be.
    """

    latency_frames = SHORT

    def __init__(self, channels: int, max_taps: int) -> None:
        self._head = Stage(channels, SHORT, LONG // SHORT)
        self._rest = Stage(channels, LONG, max(1, -(-(max_taps - LONG) // LONG)))
        self._collected = np.zeros((channels, LONG), np.float32)
        self._prepared = np.zeros((channels, LONG), np.float32)
        self._place = 0
        self._waiting = np.zeros((channels, 0), np.float32)
        self._ready = np.zeros((channels, SHORT), np.float32)
        self._response: Response | None = None
        self._rest_response: Response | None = None
        self._gains: tuple[float, float] | None = None

    def process(self, samples: Samples, response: Response, dry: float, wet: float) -> Samples:
        """The next block, of any length.

        A change of response or gains holds from the partition on that ends next, so it doesn't matter where blocks are cut.

        Returns
        -------
        np.ndarray [shape=(channels, frames), dtype=float32]
            ``dry`` times the sound and ``wet`` times its convolution, both 512 frames late.
        """
        waiting = np.concatenate([self._waiting, samples], axis=1)
        ready = [self._ready]
        done = 0
        while waiting.shape[1] - done >= SHORT:
            ready.append(self._partition(waiting[:, done : done + SHORT], response, dry, wet))
            done += SHORT
        self._waiting = waiting[:, done:].copy()
        made = np.concatenate(ready, axis=1)
        self._ready = made[:, samples.shape[1] :].copy()
        return made[:, : samples.shape[1]]

    def _partition(self, block: Samples, response: Response, dry: float, wet: float) -> Samples:
        # What is no number would never leave the room again.
        heard = np.where(np.isfinite(block), block, np.float32(0))
        before = self._response or response
        echo = self._head.push(heard, response.head, before.head)
        place = slice(self._place, self._place + SHORT)
        echo = echo + self._prepared[:, place]
        self._collected[:, place] = heard
        self._response = response
        self._place += SHORT
        if self._place == LONG:
            before = self._rest_response or response
            self._prepared = self._rest.push(self._collected.copy(), response.rest, before.rest)
            self._rest_response = response
            self._place = 0
        dry_before, wet_before = self._gains or (dry, wet)
        self._gains = (dry, wet)
        if (dry_before, wet_before) == (dry, wet):
            return np.float32(dry) * block + np.float32(wet) * echo
        ramp = np.arange(1, SHORT + 1, dtype=np.float32) / SHORT
        return (dry_before + ramp * (dry - dry_before)) * block + (wet_before + ramp * (wet - wet_before)) * echo


def _spectra(taps: Samples, size: int) -> Spectra:
    """Of each partition, padded to twice its size; one of zeros, if there is none."""
    partitions = max(1, -(-taps.shape[1] // size))
    padded = np.zeros((taps.shape[0], partitions * size), np.float32)
    padded[:, : taps.shape[1]] = taps
    parts = padded.reshape(taps.shape[0], partitions, size).transpose(1, 0, 2)
    spectra: Spectra = fft.rfft(parts, 2 * size, axis=2)
    return spectra

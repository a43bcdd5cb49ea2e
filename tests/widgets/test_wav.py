"""WAV: what a browser is sent can be read by others, and is bounded."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.wav import MAX_BYTES, encode


def _decode(data: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(data)) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return samples.T / 32767.0, file.getframerate()


@pytest.mark.parametrize(("channels", "rate"), [(1, 8000), (2, 44_100), (2, 192_000)])
def test_samples_come_back(channels: int, rate: int) -> None:
    """Another reader of WAV finds the same samples, to half a step of 16 bits."""
    samples = np.random.default_rng(0).uniform(-1, 1, (channels, 1000)).astype(np.float32)
    back, found_rate = _decode(encode(Audio(samples, rate)).data)
    assert found_rate == rate
    np.testing.assert_allclose(back, samples, atol=0.5 / 32767 + 1e-7)


def test_what_no_sound_card_takes_is_made_harmless() -> None:
    """Samples beyond full scale are clipped, NaN is silence."""
    back, _ = _decode(encode(Audio(np.array([2.0, -3.0, np.nan, np.inf], np.float32), 8000)).data)
    np.testing.assert_allclose(back[0], [1, -1, 0, 1], atol=1e-4)


def test_long_sound_is_mono_and_says_so() -> None:
    """Over a minute the channels are mixed, with a note."""
    stereo = np.stack([np.full(61 * 1000, 0.5), np.full(61 * 1000, -0.5)])
    wav = encode(Audio(stereo, 1000))
    back, _ = _decode(wav.data)
    assert back.shape == (1, 61_000)
    assert np.abs(back).max() < 1e-4
    assert "mean of the 2 channels" in wav.note


def test_very_long_sound_is_cut_and_says_so() -> None:
    """After ten minutes the rest is left out, with a note."""
    wav = encode(Audio(np.zeros(700 * 1000), 1000))
    assert wav.duration_s == 600
    assert wav.note == "the player has the first 600 s of 700 s"


def test_high_rates_are_bounded_in_bytes() -> None:
    """Ten minutes at 192 kHz would be too much for a page: bytes are the bound then."""
    wav = encode(Audio(np.zeros((1, 200 * 192_000), np.float32), 192_000))
    assert len(wav.data) <= MAX_BYTES + 44


def test_many_channels_become_one() -> None:
    """A browser plays two channels at most."""
    back, _ = _decode(encode(Audio(np.full((6, 100), 0.25), 8000)).data)
    assert back.shape == (1, 100)
    np.testing.assert_allclose(back, 0.25, atol=1e-4)

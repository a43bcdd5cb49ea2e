"""What a zygote imports before it forks, so that a worker starts with it in memory.

Owns the two profiles: ``base`` (NumPy and the SDK) and ``audio`` (SciPy, librosa and their kin, numba kernels compiled or
read from the cache). Reports progress, since the first compilation takes up to a minute.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

Report = Callable[[float, str], None]

_AUDIO_MODULES = (
    "scipy.fft",
    "scipy.signal",
    "scipy.ndimage",
    "scipy.interpolate",
    "scipy.stats",
    "soundfile",
    "soxr",
    "pyloudnorm",
    "librosa",
    "librosa.core",
    "librosa.beat",
    "librosa.decompose",
    "librosa.effects",
    "librosa.feature",
    "librosa.feature.rhythm",
    "librosa.onset",
    "librosa.segment",
    "librosa.sequence",
    "librosa.util",
)


def preload(profile: str, report: Report) -> None:
    """Import the profile's modules and warm its kernels."""

    import numpy.random  # noqa: F401  # NumPy imports it when it is first used, which every worker does

    import schillinger_plugins.types  # noqa: F401  # every plugin imports it

    _say_older_spelling()
    if profile == "audio":
        modules = [name for name in _AUDIO_MODULES if _installed(name)]
        for index, name in enumerate(modules):
            report(0.5 * index / len(modules), f"importing {name}")
            importlib.import_module(name)
        if _installed("librosa"):
            _look_for_decoders()
            kernels = list(_kernels())
            for index, (name, kernel) in enumerate(kernels):
                report(0.5 + 0.5 * index / len(kernels), f"compiling {name}")
                kernel()
    report(1.0, "ready")


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name.partition(".")[0]) is not None


def _say_older_spelling() -> None:
    """``from src.plugins.types import NodePlugin`` gives the same classes."""
    import sys
    import types

    for name in ("src", "src.plugins"):
        package = types.ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
    sys.modules["src.plugins.types"] = sys.modules["schillinger_plugins.types"]


def _look_for_decoders() -> None:
    # audioread looks for command line tools by starting a process, once; a worker can't, so have it done here.
    if _installed("audioread"):
        import audioread

        audioread.available_backends()


def _kernels() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Calls that make librosa compile what it compiles on first use, in the types that audio arrives in."""
    import librosa
    import numpy as np

    rate = 22050
    time = np.arange(2 * rate) / rate
    clicks = (np.sin(2 * np.pi * 440 * time) * (np.modf(time * 2)[0] < 0.1)).astype(np.float32)
    kernels: dict[str, Callable[[Any], Any]] = {
        "onset detection": lambda y: librosa.onset.onset_detect(y=y, sr=rate, backtrack=True),
        "beat tracking": lambda y: librosa.beat.beat_track(y=y, sr=rate),
        "chroma": lambda y: librosa.feature.chroma_cqt(y=y, sr=rate),
        "spectral features": lambda y: _spectral(librosa, y, rate),
        "zero crossings": librosa.feature.zero_crossing_rate,
        "pitch": lambda y: (librosa.yin(y, fmin=80, fmax=800), librosa.piptrack(y=y, sr=rate)),
        "pulse": lambda y: librosa.beat.plp(y=y, sr=rate),
    }
    for dtype in (np.float32, np.float64):
        for name, kernel in kernels.items():
            yield f"{name}, {np.dtype(dtype).name}", functools.partial(kernel, clicks.astype(dtype))


def _spectral(librosa: Any, y: Any, rate: int) -> None:
    librosa.feature.melspectrogram(y=y, sr=rate)
    librosa.feature.mfcc(y=y, sr=rate)
    librosa.feature.spectral_contrast(y=y, sr=rate)
    librosa.feature.spectral_centroid(y=y, sr=rate)
    librosa.feature.spectral_rolloff(y=y, sr=rate)
    librosa.feature.rms(y=y)
    librosa.effects.hpss(y)

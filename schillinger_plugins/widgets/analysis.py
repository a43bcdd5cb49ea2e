"""AnalysisView: a result over its time axis, to look into and listen to.

Owns the answers to the front-end: a small plan of what there is, and binary tiles and sound when they are asked for, so
that a saved notebook stays small; and what the hand has selected. Refuses requests that don't name a part of the plan.
Called by ``display``, ``comparison`` and by people, through `explore`.
"""

from __future__ import annotations

import logging
import math
import threading
from pathlib import Path
from typing import Any, get_args

import numpy as np
import traitlets

from ..errors import InputError, PluginError
from ..files import put
from ..result import Result
from ..types import Audio
from .bundle import BundledWidget
from .contract import analysis as contract
from .contract import read, tell
from .export import encode_view, format_of
from .plan import fewer_rows, heading_of, plan_of
from .selection import Selection, put_right, region_of, selection_of
from .spectrogram import HIGH_DB, LOW_DB, Spectrogram, SpectrogramKind
from .tiles import MAX_COLUMNS, quantise, reduce_columns, spans_in_time
from .tracks import Track
from .views import Views, views_of
from .wav import encode
from .waves import Wave

_log = logging.getLogger(__name__)

_VALUES_AT_ONCE = 2**22
"""Of an image that is reduced to a tile; of more, some stand for all."""

_SOON_S = 20.0
"""Sound up to this length is encoded while the page waits; longer sound beside what else is asked."""


class AnalysisView(BundledWidget):
    """Waveform, images and curves over one time axis, with the figures and a player.

    Parameters
    ----------
    shown : Result or Audio

    Attributes
    ----------
    region : dict or None
        ``start_s`` and ``end_s`` of the selection, as it is shared with the page; to be observed.
    loop : bool
        Whether the sound goes round.
    sound : str
        The name of the sound that plays.
    """

    settable = frozenset({"region", "loop", "sound"})

    plan = traitlets.Dict().tag(sync=True)
    region = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    loop = traitlets.Bool(False).tag(sync=True)
    sound = traitlets.Unicode().tag(sync=True)

    def __init__(self, shown: Result | Audio) -> None:
        self.shown = shown
        self._take(views_of(shown))
        super().__init__(bundle="analysis", plan=self._plan(), sound=self._first_sound())

    def _take(self, views: Views) -> None:
        self._views = views
        self._sounds = {sound.name: sound for sound in views.sounds}
        self._waves = {sound.name: Wave(sound.audio) for sound in views.sounds}
        self._spectrograms = {
            spectrum.name: Spectrogram(self._sounds[spectrum.sound].audio, spectrum.kind) for spectrum in views.spectra
        }

    def _plan(self) -> dict[str, Any]:
        return plan_of(self._views, heading=heading_of(self.shown), waves=self._waves, spectrograms=self._spectrograms)

    def _first_sound(self) -> str:
        return next(iter(self._sounds), "")

    @property
    def selection(self) -> Selection | None:
        """What is selected, by hand or from here; None if nothing is.

        Set it to ``(start_s, end_s)``, to a slice of seconds, or to None. Its samples are those of the sound that plays.

        Raises
        ------
        InputError
            When set to times that are reversed or outside of the sound.
        """
        sound = self._sounds.get(self.sound)
        if sound is None:
            return selection_of(self.region, 1, 0)
        return selection_of(self.region, sound.audio.sample_rate, sound.audio.frames)

    @selection.setter
    def selection(self, value: Any) -> None:
        self.set_trait("region", region_of(value, self._views.duration_s))

    @property
    def selected_audio(self) -> Audio:
        """The selected part of the sound that plays; all of it if nothing is selected. Its samples are not copied.

        Raises
        ------
        InputError
            If there is no sound.
        """
        sound = self._sounds.get(self.sound)
        if sound is None:
            raise InputError("there is no sound to take a part of", remedy="explore a result that has audio")
        selected = self.selection
        if selected is None:
            return sound.audio
        return Audio(sound.audio.samples[:, selected.start_frame : selected.end_frame], sound.audio.sample_rate)

    def export(self, path: str | Path) -> Path:
        """Write the view to a file.

        Parameters
        ----------
        path : str or Path
            Its ending says what is written: ``.png`` or ``.svg`` the picture (of the selection, if there is one), ``.csv``
            the figures, instants, parts and curves, ``.jams`` annotations as JAMS (Humphrey et al., ISMIR 2014).

        Returns
        -------
        Path
            The file, whole: it is written aside and renamed.

        Raises
        ------
        InputError
            For another ending, or where there is nothing to draw.
        """
        path = Path(path)
        put(path, self._encoded(format_of(path)))
        return path

    def on_request(self, content: dict[str, Any]) -> None:
        """Answer what the canvas or the player needs."""
        match read(contract.ToKernel, content):
            case contract.AskTile() as asked:
                self._answer_tile(asked)
            case contract.AskMarks(name=name):
                for marks in self._views.marks:
                    if marks.name == name:
                        self.send(tell(contract.Marks(name=name)), [marks.times_s.astype("<f8").tobytes()])
            case contract.AskSegments(name=name):
                for parts in self._views.segments:
                    if parts.name == name:
                        times = np.concatenate([parts.starts_s, parts.ends_s]).astype("<f8").tobytes()
                        self.send(tell(contract.Segments(name=name, labels=list(parts.labels))), [times])
            case contract.AskSound(name=name) if name in self._sounds:
                beside = self._sounds[name].audio.duration_s > _SOON_S
                self._beside(lambda: self._answer_sound(name), beside=beside)
            case contract.AskFile(format=format_):
                self._beside(lambda: self._answer_file(format_), beside=format_ in ("png", "svg"))

    def _answer_tile(self, asked: contract.AskTile) -> None:
        start_s, end_s, columns = _span_of(asked, self._views.duration_s)
        rough = False
        if asked.name in self._waves:
            pairs, rough = self._waves[asked.name].columns(start_s, end_s, columns)
            tile: np.ndarray[Any, Any] = pairs.reshape(-1, columns).astype("<f4")
        elif asked.name in self._spectrograms:
            level = self._spectrograms[asked.name].columns(start_s, end_s, columns)
            tile = quantise(level, LOW_DB, HIGH_DB)
        elif (track := next((t for t in self._views.tracks if t.name == asked.name), None)) is not None:
            tile = _track_tile(track, start_s, end_s, columns)
        else:
            return
        rows, columns = tile.shape
        head = contract.Tile(
            name=asked.name,
            start_s=start_s,
            end_s=end_s,
            columns=columns,
            rows=rows,
            rough=rough,
        )
        self.send(tell(head), [tile.tobytes()])

    def _answer_sound(self, name: str) -> None:
        wav = encode(self._sounds[name].audio)
        self.send(tell(contract.Sound(name=name, note=wav.note, duration_s=wav.duration_s)), [wav.data])

    def _answer_file(self, format_: contract.Format) -> None:
        filename = f"{''.join(c if c.isalnum() else '-' for c in self.plan['title'].lower())[:60] or 'view'}.{format_}"
        try:
            data, problem = self._encoded(format_), ""
        except PluginError as error:
            data, problem = b"", str(error)
        self.send(tell(contract.File(format=format_, filename=filename, problem=problem)), [data])

    def _encoded(self, format_: contract.Format) -> bytes:
        region = self.region
        span_s = None if region is None else (region["start_s"], region["end_s"])
        return encode_view(self._views, format_, title=self.plan["title"], span_s=span_s)

    def _beside(self, answer: Any, *, beside: bool) -> None:
        """What takes longer than a blink is made in a thread, so that tiles are still answered."""
        if beside:
            threading.Thread(target=answer, name="schillinger-answer", daemon=True).start()
        else:
            answer()

    @traitlets.validate("region")
    def _check_region(self, proposal: Any) -> dict[str, float] | None:
        return put_right(proposal["value"], self._views.duration_s)

    @traitlets.validate("sound")
    def _check_sound(self, proposal: Any) -> str:
        return proposal["value"] if proposal["value"] in self._sounds else self._first_sound()

    def _ipython_display_(self) -> None:
        """Called by IPython: the live view, and a still one for where no widget runs."""
        from .display import draw_view

        draw_view(self)

    @property
    def views(self) -> Views:
        """What is shown."""
        return self._views

    def __repr__(self) -> str:
        return f"View of {self.plan['title']}: run the cell to see it"


class Explorer(AnalysisView):
    """An `AnalysisView` that shows a spectrogram at once, where the result brings none.

    Parameters
    ----------
    shown : Result or Audio
    spectrogram : "mel", "cqt", "linear" or None
        Which; None shows none.
    """

    def __init__(self, shown: Result | Audio, *, spectrogram: SpectrogramKind | None = "mel") -> None:
        self._wanted = spectrogram
        super().__init__(shown)

    def _take(self, views: Views) -> None:
        super()._take(with_spectrogram(views, self._wanted))


def explore(shown: Result | Audio | tuple[Any, int], *, spectrogram: SpectrogramKind | None = "mel") -> Explorer:
    """Look into a result or a sound, and listen to it.

    Parameters
    ----------
    shown : Result, Audio or (samples, sample_rate)
    spectrogram : "mel", "cqt", "linear" or None
        Which is shown at first, if the result brings none of its own; each can be shown by hand.

    Returns
    -------
    Explorer
        Draws itself in a notebook. Its ``selection`` is what the hand has marked.

    Raises
    ------
    InputError
        For something else.

    Examples
    --------
    >>> view = explore((np.zeros((1, 8000)), 8000))
    >>> view.selection = 0.25, 0.5
    >>> view.selection.start_frame, view.selected_audio.frames
    (2000, 2000)
    """
    if spectrogram is not None and spectrogram not in get_args(SpectrogramKind):
        raise InputError(f"a spectrogram is mel, cqt or linear, got {spectrogram!r}", remedy="choose one, or None")
    return Explorer(shown_of(shown), spectrogram=spectrogram)


def shown_of(shown: Any) -> Result | Audio:
    """A result or a sound, also of samples and a rate.

    Raises
    ------
    InputError
        For something else.
    """
    if isinstance(shown, (Result, Audio)):
        return shown
    try:
        samples, rate = shown
        return Audio(samples, rate)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{type(shown).__name__} can't be explored: {error}"
            if isinstance(shown, tuple)
            else f"can't explore {shown!r:.80}",
            remedy="pass a Result, Audio or (samples, sample_rate)",
        ) from error


def with_spectrogram(views: Views, kind: SpectrogramKind | None) -> Views:
    """The first sound's spectrogram shown, unless a result has brought one."""
    from dataclasses import replace

    brought = any(track.shown and track.kind == "image" and track.bins_unit == "Hz" for track in views.tracks)
    first = views.sounds[0].name if views.sounds else ""
    spectra = tuple(
        replace(spectrum, shown=not brought and spectrum.kind == kind and spectrum.sound == first)
        for spectrum in views.spectra
    )
    return replace(views, spectra=spectra)


def _track_tile(track: Track, start_s: float, end_s: float, columns: int) -> np.ndarray[Any, Any]:
    """Curves as float32 pairs of minimum and maximum, images as bytes."""
    values, times_s = track.values, track.times_s
    begin, end = (int(i) for i in np.searchsorted(times_s, [start_s, end_s]))
    begin, end = max(0, begin - 2), min(len(times_s), end + 2)
    values, times_s = values[:, begin:end], times_s[begin:end]
    step = max(1, math.ceil(values.size / _VALUES_AT_ONCE)) if track.kind == "image" else 1
    first, last = spans_in_time(times_s[::step], start_s, end_s, columns)
    high = track.drawn(reduce_columns(values[:, ::step], first, last, np.fmax))
    if track.kind == "image":
        return quantise(fewer_rows(high), track.low, track.high)
    low = track.drawn(reduce_columns(values, first, last, np.fmin))
    return np.concatenate([low, high]).astype("<f4")


def _span_of(asked: contract.AskTile, duration_s: float) -> tuple[float, float, int]:
    """The asked range, made sane."""
    start_s, end_s = _finite(asked.start_s, 0.0), _finite(asked.end_s, duration_s)
    columns = int(min(max(_finite(asked.columns, 1024.0), 1), MAX_COLUMNS))
    return (start_s, end_s, columns) if end_s > start_s else (0.0, max(duration_s, 1e-3), columns)


def _finite(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise

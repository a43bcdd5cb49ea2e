"""What the explorer and Python tell each other about an analysis.

The state is a plan of what there is, small enough for a notebook, and what the hand has marked. Everything long is asked
for by name and comes in buffers.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .words import Message, State

Format = Literal["png", "svg", "csv", "jams"]


class PlanFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A value to read."""

    name: str
    label: str
    text: str
    unit: str = ""
    tooltip: str = ""


class PlanSound(msgspec.Struct, frozen=True, kw_only=True):
    """A sound to see and to hear. Its tile has a row of minima and one of maxima for each channel (float32)."""

    name: str
    label: str
    channels: int
    sample_rate: int
    duration_s: float
    peak: float


class PlanMarks(msgspec.Struct, frozen=True, kw_only=True):
    """Instants."""

    name: str
    label: str
    count: int
    tooltip: str = ""
    role: Literal["beat", "downbeat", ""] = ""
    """What the read-out may count by them."""


class PlanSegments(msgspec.Struct, frozen=True, kw_only=True):
    """Parts with a name each."""

    name: str
    label: str
    count: int
    tooltip: str = ""


class PlanTrack(msgspec.Struct, frozen=True, kw_only=True):
    """Values over time. A curve's tile has a row of minima and one of maxima (float32), an image's a byte per row."""

    name: str
    label: str
    kind: Literal["image", "curve"]
    unit: str
    rows: int
    low: float
    high: float
    bins: list[float] | None = None
    bins_unit: str = ""
    bin_names: list[str] = []
    shown: bool = False
    tooltip: str = ""
    computed: bool = False
    """Whether the host makes it of the sound, only where it is looked at."""


class PlanDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of each of the compared, and what lies between the last and the first of them."""

    label: str
    unit: str
    texts: list[str]
    difference: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to see: finite numbers and strings only."""

    title: str
    subtitle: str
    level: str
    duration_s: float
    figures: list[PlanFigure]
    rows: list[PlanFigure]
    sounds: list[PlanSound]
    marks: list[PlanMarks]
    segments: list[PlanSegments]
    tracks: list[PlanTrack]
    compared: list[str] = []
    """What is compared, by the names that people gave; empty if nothing is."""
    differences: list[PlanDifference] = []


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the time axis."""

    start_s: float
    end_s: float


class AnalysisState(State):
    """The traits of an explorer."""

    plan: Plan
    region: Region | None
    """What is selected; what the page writes is checked."""
    loop: bool
    """Whether the sound goes round within the region, or within all there is."""
    sound: str
    """The name of the sound that plays."""


class AskTile(Message, tag="tile"):
    """Columns of a sound or a track; answered by `Tile`."""

    name: str
    start_s: float = 0.0
    end_s: float = 0.0
    columns: float = 1024.0


class AskMarks(Message, tag="marks"):
    """The times of marks; answered by `Marks`."""

    name: str


class AskSegments(Message, tag="segments"):
    """The parts; answered by `Segments`."""

    name: str


class AskSound(Message, tag="sound"):
    """A sound to play; answered by `Sound`."""

    name: str


class AskFile(Message, tag="export"):
    """The view as a file; answered by `File`."""

    format: Format


class Tile(Message, tag="tile"):
    """Columns, in the buffer. They cover `start_s` to `end_s`, made sane, and may be fewer than asked."""

    name: str
    start_s: float
    end_s: float
    columns: int
    rows: int
    rough: bool = False
    """Whether a better one is being made: worth asking again in a moment."""


class Marks(Message, tag="marks"):
    """Times in s, as float64, in the buffer."""

    name: str


class Segments(Message, tag="segments"):
    """Begins, then ends, in s, as float64, in the buffer."""

    name: str
    labels: list[str]


class Sound(Message, tag="sound"):
    """A WAV file in the buffer. `note` says what was left out."""

    name: str
    note: str
    duration_s: float


class File(Message, tag="export"):
    """The file in the buffer; or, where `problem` isn't empty, why there is none."""

    format: Format
    filename: str
    problem: str = ""


ToKernel = AskTile | AskMarks | AskSegments | AskSound | AskFile
ToPage = Tile | Marks | Segments | Sound | File

"""Progress of a long call: a bar in the notebook, updated in place and taken away at the end; rich's in a terminal.

Owns when it appears (a call shorter than 0.4 s shows nothing) and what it says: percent, message, time elapsed and
time left. It ticks in a thread of its own, since the cell's thread waits for the plugin. Called by the magics.
"""

from __future__ import annotations

import contextlib
import contextvars
import html
import os
import secrets
import threading
import time
from types import TracebackType
from typing import Any, Protocol, Self

APPEARS_AFTER_S = 0.4
OFF = "SCHILLINGER_NO_PROGRESS"
"""An environment variable: set it where outputs must be the same at every run, as when a notebook is tested."""

_TICK_S = 0.2


class Display(Protocol):
    """Where progress is drawn."""

    def draw(self, progress: Progress) -> None:
        """Draw, or draw anew in the same place."""

    def remove(self) -> None:
        """Leave nothing behind."""


class Progress:
    """Progress of one call; give `update` to whoever reports.

    Examples
    --------
    >>> with Progress("audio_analyzer", display=None) as progress:
    ...     progress.update(0.5, "tracking beats")
    >>> progress.text(elapsed_s=2.0)
    'audio_analyzer  50 %  tracking beats  2.0 s, about 2.0 s left'
    """

    def __init__(self, title: str, *, display: Display | None) -> None:
        self.title = title
        self.fraction = 0.0
        self.message = "running"
        self.started_s = time.monotonic()
        self._step_began_s = 0.0
        self._display = None if os.environ.get(OFF) else display
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None

    @property
    def elapsed_s(self) -> float:
        """Since the call began."""
        return time.monotonic() - self.started_s

    def update(self, fraction: float, message: str) -> None:
        """What the plugin reports: how far, and with what."""
        fraction = min(1.0, max(0.0, fraction))
        if fraction < self.fraction:
            # Another step has begun (the sandbox is warm, now the plugin runs): its pace is its own.
            self._step_began_s = self.elapsed_s
        self.fraction = fraction
        self.message = message.strip()[:120] or "running"

    def text(self, *, elapsed_s: float) -> str:
        """One line: title, percent, message, times."""
        percent = f"{self.fraction * 100:.0f} %  " if self.fraction else ""
        left_s = remaining_s(self.fraction, elapsed_s - self._step_began_s)
        left = f", about {duration(left_s)} left" if left_s is not None else ""
        return f"{self.title}  {percent}{self.message}  {duration(elapsed_s)}{left}"

    def __enter__(self) -> Self:
        if self._display is not None:
            # The context tells a kernel which cell an output of this thread belongs to.
            run = contextvars.copy_context().run
            self._ticker = threading.Thread(target=run, args=(self._tick, self._display), name="progress", daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._ticker is not None:
            self._ticker.join(timeout=2.0)

    def _tick(self, display: Display) -> None:
        if self._ended.wait(APPEARS_AFTER_S):
            return
        # A front-end that has gone must not cost the call.
        with contextlib.suppress(Exception):
            while True:
                display.draw(self)
                if self._ended.wait(_TICK_S):
                    break
        with contextlib.suppress(Exception):
            display.remove()


def remaining_s(fraction: float, elapsed_s: float) -> float | None:
    """Time left if the rest goes as fast; None while that is mere guessing."""
    return elapsed_s * (1 - fraction) / fraction if 0.02 <= fraction < 1 else None


def duration(seconds: float) -> str:
    """``2.1 s``, ``3 min 20 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


class NotebookDisplay:
    """A bar in the cell's output."""

    def __init__(self) -> None:
        self._id: str | None = None

    def draw(self, progress: Progress) -> None:
        """See `Display`."""
        text = progress.text(elapsed_s=progress.elapsed_s)
        value = f'value="{progress.fraction:.4f}"' if progress.fraction else ""
        label = html.escape(text, quote=True)
        bar = f'<progress max="1" {value} style="width:16em" aria-label="{label}"></progress>'
        self._show({"text/html": f"<div>{bar} <code>{label}</code></div>", "text/plain": text})

    def remove(self) -> None:
        """See `Display`."""
        if self._id is not None:
            self._show({"text/plain": ""})

    def _show(self, data: dict[str, Any]) -> None:
        from IPython.display import publish_display_data

        is_new = self._id is None
        self._id = self._id or secrets.token_hex(8)
        show: Any = publish_display_data
        show(data, transient={"display_id": self._id}, update=not is_new)


class TerminalDisplay:
    """A bar below the prompt, gone when the call ends."""

    def __init__(self) -> None:
        self._live: Any = None

    def draw(self, progress: Progress) -> None:
        """See `Display`."""
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        bar = ProgressBar(total=1.0, completed=progress.fraction, width=40, pulse=not progress.fraction)
        picture = Group(Text(progress.text(elapsed_s=progress.elapsed_s)), bar)
        if self._live is None:
            console = Console(stderr=True)
            if not console.is_terminal:
                return
            # Ours is the thread that refreshes; stdout stays the user's.
            self._live = Live(
                console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
        self._live.update(picture, refresh=True)

    def remove(self) -> None:
        """See `Display`."""
        if self._live is not None:
            self._live.stop()

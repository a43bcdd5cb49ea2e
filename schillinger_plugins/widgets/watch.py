"""WatchLine: what is watched now, and that nobody watches any more once its kernel has ended, which only the page can tell.

Owns one line of text. What a notebook keeps of it, for when there is no kernel, claims no more than was true then. Called by
``%plugin watch``.
"""

from __future__ import annotations

import html

import traitlets

from .bundle import BundledWidget


class WatchLine(BundledWidget):
    """A line of text that is true for as long as its kernel lives.

    Parameters
    ----------
    text : str
        What is watched.
    still : str
        What was watched, from when on, for where no widget runs.

    Examples
    --------
    >>> WatchLine("probe is watched", still="probe: watched from 07:40 on, as long as its kernel lived")  # doctest: +SKIP
    """

    text = traitlets.Unicode("").tag(sync=True)

    def __init__(self, text: str, *, still: str) -> None:
        self._still = still
        super().__init__(bundle="watch", text=text)

    def _ipython_display_(self) -> None:
        """Called by IPython: the live line, and the still one beside it."""
        from .display import draw_node

        draw_node(self, f"<p><strong>{html.escape(self._still)}</strong></p>")

    def __repr__(self) -> str:
        return self.text

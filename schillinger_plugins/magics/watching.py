"""``%plugin watch`` and ``%plugin unwatch``: plugins are reloaded as their folders change, and it is shown how that went.

Owns the view: in a notebook the output of the cell that began to watch, a line of what is watched and below it the reloads,
drawn anew at every one; in a terminal lines. A plugin's text is never HTML here. Called by ``magics.plugin_magic``; `end` by
``magics``.
"""

from __future__ import annotations

import contextlib
import contextvars
import html
import secrets
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InputError, PluginError
from ..versions import Reload, told
from ..versions.words import changes, failure, outcome
from .grants import ask_first
from .run import progress_for
from .session import Session
from .subcommands import SUBCOMMANDS
from .table import Table, Text

if TYPE_CHECKING:
    from ..events import Event
    from ..watcher import Watched
    from ..widgets.watch import WatchLine

_MOST_ROWS = 10
_COLOURS = {"+": "var(--jp-success-color1, #2e7d32)", "-": "var(--jp-error-color1, #c62828)", "@": "gray"}
_NONE = "nothing is watched"
_LATER = "what is loaded from now on is watched"
_NONE_YET = f"nothing is loaded; {_LATER}"
_NO_RELOAD_YET = "Nothing was reloaded yet."
_views: weakref.WeakKeyDictionary[Session, View] = weakref.WeakKeyDictionary()


def watch(session: Session, line: str, _: Mapping[str, Any] | None) -> Text | None:
    """Watch one plugin, loading it if need be, or all that are loaded now or later."""
    plugin_id = _at_most_one(line, "watch")
    broken: PluginError | None = None
    manager = session.manager
    if plugin_id is not None and manager.plugins[plugin_id].state != "loaded":
        ask_first(session, plugin_id)
        try:
            with progress_for(session, plugin_id) as progress:
                manager.load(plugin_id, on_progress=progress.update)
        except PluginError as error:
            broken = error  # it is loaded as soon as its folder changes and it can be
    former = _views.pop(session, None)
    if former is not None:
        former.move_on()
    watched = manager.watch(plugin_id)
    view = _views[session] = View(session, every=plugin_id is None)
    view.begin(broken)
    if session.in_notebook:
        return None
    return Text("\n".join(_described(one) for one in watched) or _NONE_YET)


def unwatch(session: Session, line: str, _: Mapping[str, Any] | None) -> Text:
    """Watch one plugin no more, or none."""
    plugin_id = _at_most_one(line, "unwatch")
    if plugin_id is not None:
        session.manager.plugins[plugin_id]  # raises, naming the nearest
    ended = session.manager.unwatch(plugin_id)
    view = _views.get(session)
    if view is not None:
        if plugin_id is None:
            view.end()
            del _views[session]
        view.draw()
    return Text(f"{', '.join(ended)}: watched no more" if ended else "it was not watched" if plugin_id else _NONE)


def end(session: Session) -> None:
    """The session's manager has been closed, which watches nothing any more; say so."""
    view = _views.pop(session, None)
    if view is not None:
        view.end()
        view.draw()


class View:
    """The last reloads of the plugins that are watched, drawn anew in the place where they were drawn first.

    What was watched and is no more is named as such, above what happened until then.
    """

    def __init__(self, session: Session, *, every: bool = False) -> None:
        self._every = every
        self._manager = session.manager
        self._in_notebook = session.in_notebook
        self._reports: deque[Reload] = deque(maxlen=_MOST_ROWS)
        self._known = dict.fromkeys(self._manager.watched)
        self._broken: PluginError | None = None
        self._lock = threading.Lock()
        self._id = secrets.token_hex(8)
        self._line: WatchLine | None = None
        self._has_moved = False
        self._has_ended = False
        # It tells a kernel which cell an output of another thread belongs to.
        self._context = contextvars.copy_context()
        reference = weakref.WeakMethod(self._on_event)
        undo = self._manager.events.subscribe(None, lambda event: _pass_on(reference, event))
        self._undo = weakref.finalize(self, undo)
        self._undo.atexit = False

    def begin(self, broken: PluginError | None) -> None:
        """Draw it for the first time; `broken` says why what is watched can't be loaded yet."""
        self._broken = broken
        if self._in_notebook:
            self.draw()
        elif broken is not None:
            print("\n".join(failure(_as_report(broken))))

    def draw(self) -> None:
        """Draw it as it is now."""
        if not self._in_notebook:
            return
        from IPython.display import publish_display_data

        show: Any = publish_display_data
        with self._lock, contextlib.suppress(Exception):  # a front-end that has gone must not cost the reload
            is_drawn = self._line is not None
            if self._line is None:
                from ..widgets.watch import WatchLine

                self._line = WatchLine(self._title(), still=self._still())
                self._line._ipython_display_()
            else:
                self._line.text = self._title()
            data = {"text/html": self._repr_html_(), "text/plain": self._told()}
            show(data, transient={"display_id": self._id}, update=is_drawn)

    def close(self) -> None:
        """Be told no more."""
        self._undo()

    def end(self) -> None:
        """Be told no more, since nothing is watched any more; what happened until then stays."""
        self.close()
        self._has_ended = True

    def move_on(self) -> None:
        """Be told no more, since another view is; say so in its place."""
        self.close()
        self._has_moved = True
        self.draw()

    def __repr__(self) -> str:
        return "\n".join(part for part in (self._title(), self._told()) if part)

    def _told(self) -> str:
        parts = []
        if self._broken is not None:
            parts += failure(_as_report(self._broken))
        for report in self._reports:
            parts += told(report)
        if self._reports and (diff := self._reports[-1].diff):
            parts += ["", diff]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        parts = []
        if self._broken is not None:
            parts.append(_pre(failure(_as_report(self._broken))))
        if self._reports:
            rows = [(_clock(one), one.plugin_id, outcome(one), "\n".join(changes(one))) for one in self._newest_first()]
            parts.append(Table(headings=("", "", "", ""), rows=rows)._repr_html_())
            last = self._reports[-1]
            if last.error is not None:
                parts.append(_pre(failure(last)))
            if last.diff:
                since = f"What has changed since {last.hash_before[:8]}"
                is_open = " open" if last.error is not None else ""
                parts.append(f"<details{is_open}><summary>{html.escape(since)}</summary>{_diff(last.diff)}</details>")
        return "".join(parts) or f"<p>{_NO_RELOAD_YET}</p>"

    def _newest_first(self) -> list[Reload]:
        return list(reversed(self._reports))

    def _title(self) -> str:
        if self._has_moved:
            return "what is watched is shown by the cell that began to watch last"
        watched = {} if self._has_ended else self._manager.watched
        parts = [_described(one) for one in watched.values()]
        parts += [f"{one} is watched no more" for one in self._known if one not in watched]
        if not watched:
            if self._every and not self._has_ended:
                parts.append(_LATER if parts else _NONE_YET)
            elif self._reports:
                parts.append("until then:")
        return "; ".join(parts) or _NONE

    def _still(self) -> str:
        """What can be said when there is no kernel to ask: since when it was watched."""
        what = "what was loaded" if self._every else ", ".join(self._known) or _NONE
        at = time.strftime("%Y-%m-%d %H:%M:%S")
        return f"{what}: watched from {at} until that kernel ended at the latest; run the cell again to watch"

    def _on_event(self, event: Event) -> None:
        self._known |= dict.fromkeys(self._manager.watched)
        report = event.data.get("report")
        if isinstance(report, Reload):
            if report.plugin_id not in self._manager.watched:
                return
            self._reports.append(report)
            self._broken = None
            if not self._in_notebook:
                print("\n".join([*told(report), *(report.diff.split("\n") if report.error and report.diff else [])]))
        elif event.name not in ("loaded", "unloaded"):
            return
        self._context.copy().run(self.draw)


def _pass_on(reference: weakref.WeakMethod[Any], event: Event) -> None:
    on_event = reference()
    if on_event is not None:
        on_event(event)


def _described(watched: Watched) -> str:
    if watched.how == "inotify":
        return f"{watched.key} is watched"
    return f"{watched.key} is looked at a few times a second, since inotify refuses: {watched.reason}"


def _as_report(error: PluginError) -> Reload:
    return Reload(
        plugin_id=error.plugin_id or "",
        why="watch",
        at_s=time.time(),
        seconds=0.0,
        hash_before="",
        hash_after="",
        error=error,
    )


def _clock(report: Reload) -> str:
    return time.strftime("%H:%M:%S", time.localtime(report.at_s))


def _pre(lines: list[str]) -> str:
    return f"<pre>{html.escape(chr(10).join(lines))}</pre>"


def _diff(text: str) -> str:
    shown = []
    for line in text.split("\n"):
        colour = _COLOURS.get(line[:1])
        escaped = html.escape(line)
        shown.append(f'<span style="color:{colour}">{escaped}</span>' if colour else escaped)
    return f"<pre>{chr(10).join(shown)}</pre>"


def _at_most_one(line: str, subcommand: str) -> str | None:
    words = line.split()
    if len(words) > 1:
        usage = SUBCOMMANDS[subcommand].usage
        raise InputError(
            f"%plugin {subcommand} takes {usage}, not {' '.join(words)!r}"[:300],
            remedy=f"write %plugin {subcommand} {usage}",
        )
    return words[0] if words else None

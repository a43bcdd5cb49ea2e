"""Files for a node: a path that is typed on the page for a sound, or a file that the page's own computer has.

Owns which file was asked for last for each input or parameter, the pieces of one that is on its way, and the threads that
wait for it. Pieces are asked for one after the other and kept in memory, in a file that has no name: nothing is written to a
disk. What has come is read as any file is, by the manager's confined decoder; for a parameter it is the value itself.
Refuses what is too large before any of it comes, and pieces that nobody asked for. Called by ``node``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..definition import Parameter
from ..definition.ports import Misfit
from ..errors import InputError, PluginError
from ..schema.strict import show
from ..types import Audio, File
from ..types.file import MAX_NAME
from .node_inputs import file_of

ReadAudio = Callable[[Path], Audio]
"""Decodes a file, as `PluginManager.read_audio`."""

MAX_SENT_BYTES = 64 * 1024 * 1024
"""Of a file from the page, which is held in memory: some six minutes of stereo, uncompressed."""

PIECE_BYTES = 1024 * 1024
"""What comes at once. A Jupyter server drops a connection over which more than 10 MiB come in one message."""

_MAX_NAME = 100
_MB = 1_000_000


@dataclass
class _Asked:
    """What was asked for last, for one input. Another one makes it void."""

    file: str = ""
    size: int = 0
    pieces: bytearray = field(default_factory=bytearray)


class NodeFiles:
    """The files of one node.

    Parameters
    ----------
    read_audio : callable
        See `ReadAudio`.
    plugin_id : str
        Named by messages.
    took : callable
        Told the input, the sound and the file's name, from a thread of its own.
    note : callable
        Told the input, its state (reading, refused) and the words for it.
    want : callable
        Told the input and from which byte on the page is to send.
    lock : RLock
        The node's: what Python gives meanwhile makes a file void.
    parameter : callable
        The parameter of that name, if it is a file; None if it is an input.
    took_file : callable
        Told the parameter and what came for it.
    """

    def __init__(
        self,
        read_audio: ReadAudio,
        *,
        plugin_id: str,
        took: Callable[[str, Audio, str], None],
        note: Callable[[str, str, str], None],
        want: Callable[[str, int], None],
        lock: threading.RLock,
        parameter: Callable[[str], Parameter | None] = lambda name: None,
        took_file: Callable[[Parameter, File], None] = lambda parameter, file: None,
    ) -> None:
        self._read_audio = read_audio
        self._plugin_id = plugin_id
        self._took, self._note, self._want = took, note, want
        self._lock = lock
        self._parameter, self._took_file = parameter, took_file
        self._asked: dict[str, _Asked] = {}

    def forget(self, name: str | None = None) -> None:
        """Drop what is on its way to an input, or to any."""
        if name is None:
            self._asked.clear()
        else:
            self._asked.pop(name, None)

    def typed(self, name: str, path: str) -> None:
        """Read a file of the kernel's."""
        asked = self._asked[name] = _Asked()
        self._note(name, "reading", "reading …")
        self._start(name, asked, lambda: self._read_typed(path))

    def offered(self, name: str, file: str, size: int) -> None:
        """Have the page send a file of its own, if it may be."""
        parameter = self._parameter(name)
        kept = file if parameter is None else file[-_MAX_NAME:]  # of a longer name the ending counts
        asked = self._asked[name] = _Asked(file=_printable(kept), size=size)
        if parameter is not None:
            self._offered_file(name, parameter, asked)
            return
        if not 0 < size <= MAX_SENT_BYTES:
            self._note(name, "refused", _too_large(asked) if size > 0 else f"{asked.file} is empty")
            return
        self._next(name, asked)

    def piece(self, name: str, at: int, data: bytes) -> None:
        """Take what the page sent; decode the file when all of it is here."""
        asked = self._asked.get(name)
        if asked is None or at != len(asked.pieces) or not 0 < len(data) <= min(PIECE_BYTES, asked.size - at):
            return  # of a file that is no more asked for, or none that was
        asked.pieces += data
        if len(asked.pieces) < asked.size:
            self._next(name, asked)
            return
        parameter = self._parameter(name)
        if parameter is not None:
            self._came(parameter, asked)
            return
        self._note(name, "reading", "reading …")
        self._start(name, asked, lambda: (self._read_sent(asked), asked.file))

    def _offered_file(self, name: str, parameter: Parameter, asked: _Asked) -> None:
        try:
            parameter.named(asked.file)
        except Misfit as misfit:
            self._note(name, "refused", f"{asked.file} {misfit}; {misfit.remedy}")
            return
        if not 0 <= asked.size <= parameter.most_bytes:
            self._note(name, "refused", f"{asked.file} {parameter.too_large(asked.size)}; choose a smaller file")
        elif asked.size:
            self._next(name, asked)
        else:
            self._came(parameter, asked)

    def _came(self, parameter: Parameter, asked: _Asked) -> None:
        self._asked.pop(parameter.name, None)
        self._took_file(parameter, File(asked.file.rpartition("/")[2][-MAX_NAME:], bytes(asked.pieces)))

    def _next(self, name: str, asked: _Asked) -> None:
        self._note(name, "reading", f"{asked.file}: {len(asked.pieces) / _MB:.1f} of {asked.size / _MB:.1f} MB")
        self._want(name, len(asked.pieces))

    def _start(self, name: str, asked: _Asked, read: Callable[[], tuple[Audio, str]]) -> None:
        def work() -> None:
            sound: tuple[Audio, str] | None = None
            try:
                sound = read()
            except PluginError as error:
                refused = sentence(error)
            except Exception as error:
                refused = str(error)
            with self._lock:
                if self._asked.get(name) is not asked:  # another one was asked for meanwhile
                    return
                if sound is None:
                    self._note(name, "refused", refused)
                else:
                    self._took(name, *sound)

        threading.Thread(target=work, name="schillinger-node-file", daemon=True).start()

    def _read_typed(self, text: str) -> tuple[Audio, str]:
        path = file_of(text, plugin_id=self._plugin_id)
        return self._read_audio(path), path.name

    def _read_sent(self, asked: _Asked) -> Audio:
        descriptor = os.memfd_create("schillinger-sent", os.MFD_CLOEXEC)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(asked.pieces)
            asked.pieces = bytearray()
            path = f"/proc/self/fd/{descriptor}"
            try:
                return self._read_audio(Path(path))
            except PluginError as error:
                error.message = error.message.replace(show(path), show(asked.file))
                raise
        finally:
            os.close(descriptor)


def sentence(error: PluginError) -> str:
    """An error in the words of a control."""
    return f"{error.message}; {error.remedy}" if error.remedy else error.message


def _too_large(asked: _Asked) -> str:
    most = MAX_SENT_BYTES // (1024 * 1024)
    error = InputError(
        f"{asked.file} has {asked.size / (1024 * 1024):,.0f} MB, and a page may send {most}",
        remedy="put it where the kernel runs, and type its path",
    )
    return sentence(error)


def _printable(name: str) -> str:
    return "".join(one if one.isprintable() else "·" for one in name[:_MAX_NAME]) or "the file"

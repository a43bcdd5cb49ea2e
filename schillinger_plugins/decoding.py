"""Reading audio files for whoever gives a path: decoded in a worker that is confined like a plugin's.

Owns the workers that decode, at most one for each core and none while nobody reads, and the way from their answers to
`Audio` or to the reason why there is none. The file is opened here and handed over as a descriptor, so a worker sees that
one file and no other. Owned by the manager, which gives it to instances.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from .engine.audio_file import open_audio_file
from .errors import AudioFileError, PluginError
from .protocol.values import SMALL_ARRAY_BYTES
from .sandbox import blocking, conversation
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.printable import printable
from .sandbox.sandbox import Profile, Sandbox
from .sandbox.steps import Conversation
from .sandbox.worker import Worker
from .schema.strict import show
from .types import Audio

_ID = "__decoder__"
_LIMITS = Limits(memory_mb=6 * 1024, output_mb=4 * 1024, wall_s=600, cpu_s=600)
_FOLDER = Path(__file__).parent / "engine"
_IDLE_S = 20.0
_KEPT_OUTPUT_BYTES = 64 * 1024 * 1024
_REMEDY = "download or export it again"


class AudioReader:
    """Reads audio files.

    Parameters
    ----------
    sandbox : Sandbox
        Where its workers come from.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._timer: threading.Timer | None = None
        self._free = threading.BoundedSemaphore(os.cpu_count() or 1)

    def read(self, path: str | Path) -> Audio:
        """Decode a file.

        Parameters
        ----------
        path : str or Path
            A regular file. ``~`` is the home folder.

        Returns
        -------
        Audio
            All channels at the file's own rate.

        Raises
        ------
        AudioFileError
            If it is gone, a folder, empty, cut off, too long (more than 4 GiB of samples) or no audio; or if soundfile is
            not installed.

        Examples
        --------
        >>> manager.read_audio("song.flac")  # doctest: +SKIP
        Audio(2 ch, 183.200 s, 44100 Hz)
        """
        name = show(str(path))
        descriptor = open_audio_file(path, name)
        try:
            if importlib.util.find_spec("soundfile") is None:
                raise AudioFileError(
                    "reading audio files needs soundfile", remedy='pip install "schillinger_plugins[audio]"'
                )
            with self._free:
                return self._decode(descriptor, name)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """End its workers."""
        with self._lock:
            timer, self._timer = self._timer, None
            idle, self._idle = self._idle, []
        if timer is not None:
            timer.cancel()
        for worker in idle:
            worker.end()

    def _decode(self, descriptor: int, name: str) -> Audio:
        worker = self._worker()
        try:
            outputs = blocking.drive(_conversation(worker, descriptor, name), worker, _LIMITS)
        except PluginError as error:
            raise AudioFileError(f"{name} can't be read: {error.message}", remedy=_REMEDY) from error
        finally:
            self._give_back(worker)
        audio, said = outputs.get("audio"), outputs.get("error")
        if isinstance(audio, Audio):
            return audio
        message, remedy = (*map(str, said), "", "")[:2] if isinstance(said, list) else ("", "")
        raise AudioFileError(
            printable(message)[:1000] or f"{name} can't be read", remedy=printable(remedy)[:300] or _REMEDY
        )

    def _worker(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.end()
        # Whichever zygote is there: the one for audio has libsndfile in memory.
        profile: Profile = "audio" if "audio" in self._sandbox.running else "base"
        worker = self._sandbox.spawn(profile=profile, log=Log(_ID, _ID), limits=_LIMITS, readable=[])
        try:
            blocking.drive(_start(worker), worker, _LIMITS.starting)
        except BaseException as error:
            worker.end()
            if isinstance(error, PluginError):
                raise AudioFileError(
                    f"audio files can't be read: {error.message}", remedy="schillinger doctor"
                ) from error
            raise
        return worker

    def _give_back(self, worker: Worker) -> None:
        if not worker.alive or worker.segment_bytes > _KEPT_OUTPUT_BYTES:
            worker.end()
            return
        with self._lock:
            self._idle.append(worker)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(_IDLE_S, self.close)
            self._timer.name, self._timer.daemon = "schillinger-decoding", True
            self._timer.start()


def _start(worker: Worker) -> Conversation[Any]:
    return conversation.start(
        worker,
        plugin_id=_ID,
        instance_id=_ID,
        root=str(_FOLDER),
        main_file="decoder.py",
        plugin_type="NODE",
        config={},
        readable=[],
        writable=[],
        spare_core=False,
    )


def _conversation(worker: Worker, descriptor: int, name: str) -> Conversation[dict[str, Any]]:
    size = os.fstat(descriptor).st_size
    parameters = {"name": name}
    if size <= SMALL_ARRAY_BYTES:
        content = np.frombuffer(os.pread(descriptor, size, 0), np.uint8)
        outcome = yield from conversation.call(
            worker, {"file": content}, parameters, plugin_id=_ID, seed=None, limits=_LIMITS
        )
        return outcome.outputs
    outputs = yield from conversation.call_on_file(worker, descriptor, size, parameters, plugin_id=_ID, limits=_LIMITS)
    return outputs

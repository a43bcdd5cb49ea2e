"""Drives a conversation from an ordinary thread: the notebook, a script, a real-time loop.

One send and one receive a frame, no other thread and no event loop in between. Ctrl-C asks the plugin to stop, waits a
moment, then kills; a second Ctrl-C kills at once.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TypeVar

from ..errors import LimitExceeded
from ..protocol import frames
from .conversation import Cancel, Cancelled, Conversation, Send
from .limits import Limits
from .worker import Worker

CANCEL_GRACE_S = 1.0
WATCHDOG_SLACK_S = 5.0
"""How long after the watchdog's own deadline a driver gives up waiting for it."""

T = TypeVar("T")


def drive(conversation: Conversation[T], worker: Worker, limits: Limits) -> T:
    """Carry on `conversation` with `worker` to its end.

    Raises
    ------
    KeyboardInterrupt
        After the call has been cancelled; the worker is alive and ready if it obeyed, ended otherwise.
    PluginError
        What the conversation raises, or why the worker died.
    """
    with worker.turn(limits):
        return _drive(conversation, worker, limits.wall_s + WATCHDOG_SLACK_S)


def _drive(conversation: Conversation[T], worker: Worker, deadline_s: float) -> T:
    answer: bytes | None = None
    kill_at_s: float | None = None
    while True:
        try:
            step = conversation.send(answer)
        except StopIteration as stop:
            if kill_at_s is not None:
                raise KeyboardInterrupt from None
            result: T = stop.value
            return result
        except Cancelled:
            raise KeyboardInterrupt from None
        answer = None
        if isinstance(step, Cancel):
            kill_at_s = _ask_to_cancel(worker, kill_at_s)
            continue
        if isinstance(step, Send):
            with contextlib.suppress(OSError):  # it has died: the next receive says so
                worker.set_channel_deadline(deadline_s)
                socket.send_fds(worker.channel, [step.data], step.descriptors)
            continue
        while answer is None:
            try:
                if kill_at_s is not None:
                    worker.set_channel_deadline(kill_at_s - time.monotonic())
                answer = worker.channel.recv(frames.MAX_FRAME_BYTES + 1)
            except KeyboardInterrupt:
                kill_at_s = _ask_to_cancel(worker, kill_at_s)
            except BlockingIOError:
                worker.kill(None if kill_at_s is not None else unanswered(worker.plugin_id))
                answer = b""
            except OSError:
                answer = b""
        if not answer:
            conversation.close()
            death = worker.explain_death()
            if kill_at_s is not None:
                raise KeyboardInterrupt from None
            raise death


def _ask_to_cancel(worker: Worker, kill_at_s: float | None) -> float:
    """Ask the first time, kill the second; when to kill if it goes on."""
    if kill_at_s is None:
        worker.ask_to_cancel()
        return time.monotonic() + CANCEL_GRACE_S
    worker.kill()
    return kill_at_s


def unanswered(plugin_id: str) -> LimitExceeded:
    """The error of the second line: no answer, and the watchdog did not see to it."""
    return LimitExceeded("it did not answer in time", limit="wall", plugin_id=plugin_id, remedy="call it again")

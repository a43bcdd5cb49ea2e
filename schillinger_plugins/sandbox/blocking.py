"""Drives a conversation from an ordinary thread: the notebook, a script, a real-time loop.

One send and one receive a frame, no other thread and no event loop in between. Ctrl-C asks the plugin to stop, waits a
moment, then kills; a second Ctrl-C kills at once.
"""

from __future__ import annotations

import socket
import time
from typing import TypeVar

from ..errors import LimitExceeded
from .conversation import Cancelled, Consult, Conversation, Receive, Send
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
    worker.set_channel_deadline(deadline_s)
    answer: bytes | memoryview | None = None
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
        if isinstance(step, Send):
            worker.send(step.data, step.descriptor)
        elif isinstance(step, Consult):
            answer = step.action()
        elif isinstance(step, Receive):
            answer, kill_at_s = _receive(worker, kill_at_s)
            if not answer:
                conversation.close()
                death = worker.explain_death()
                if kill_at_s is not None:
                    raise KeyboardInterrupt from None
                raise death
        else:
            kill_at_s = _ask_to_cancel(worker, kill_at_s)


def _receive(worker: Worker, kill_at_s: float | None) -> tuple[bytes | memoryview, float | None]:
    """The next frame, nothing if there won't be one; and when to kill, if an interrupt came meanwhile."""
    receive, buffer = worker.channel.recv_into, worker.buffer
    while True:
        try:
            if kill_at_s is not None:
                worker.set_channel_deadline(kill_at_s - time.monotonic())
            else:
                for _ in range(worker.patience.looks):
                    try:
                        return worker.view[: receive(buffer, 0, socket.MSG_DONTWAIT)], None
                    except BlockingIOError:
                        pass
            began_s = time.monotonic()
            size = receive(buffer)
            worker.patience.slept(time.monotonic() - began_s)
            return worker.view[:size], kill_at_s
        except KeyboardInterrupt:
            kill_at_s = _ask_to_cancel(worker, kill_at_s)
        except BlockingIOError:
            worker.kill(None if kill_at_s is not None else unanswered(worker.plugin_id))
            return b"", kill_at_s
        except OSError:
            return b"", kill_at_s


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

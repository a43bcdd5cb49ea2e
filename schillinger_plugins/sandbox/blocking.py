"""Drives a conversation from an ordinary thread: the notebook, a script, a real-time loop.

One send and one receive a frame, no other thread and no event loop in between. Ctrl-C asks the plugin to stop, waits a
moment, then kills; a second Ctrl-C kills at once. What the host fetches meanwhile is ended, and the plugin told as ever.
"""

from __future__ import annotations

import time
from typing import TypeVar

from ..errors import LimitExceeded
from . import interrupts
from .conversation import discard
from .limits import Limits
from .raised import Cancelled
from .steps import Consult, Conversation, Receive, Send
from .worker import Worker

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
    with interrupts.held() as hold:
        worker.begin(limits)
        before = hold.tell(worker.interrupted)
        try:
            if hold.interrupted:  # before anybody could be told
                raise KeyboardInterrupt
            result = _drive(conversation, worker)
        except BaseException as error:
            worker.finish(error)
            raise
        else:
            worker.finish()
            return result
        finally:
            hold.tell(before)


def _drive(conversation: Conversation[T], worker: Worker) -> T:
    answer: bytes | memoryview | None = None
    while True:
        try:
            step = conversation.send(answer)
        except StopIteration as stop:
            if worker.cancelling:
                discard(stop.value)
                raise KeyboardInterrupt from None
            result: T = stop.value
            return result
        except Cancelled:
            raise KeyboardInterrupt from None
        answer = None
        if isinstance(step, Send):
            worker.send(step.data, step.descriptor)
        elif isinstance(step, Consult) and step.ends_with_call:
            answer = step.action()
        elif isinstance(step, Consult):
            with interrupts.opened():
                answer = step.action()
        elif isinstance(step, Receive):
            answer = _receive(worker)
            if not answer:
                conversation.close()
                death = worker.explain_death()
                if worker.cancelling:
                    raise KeyboardInterrupt from None
                raise death
        else:
            worker.interrupted()


def _receive(worker: Worker) -> bytes | memoryview:
    """The next frame, nothing if there won't be one.

    An interrupt doesn't come out of here: what had been read would be lost. Its handler asks the plugin to stop, and
    shortens the worker's time.
    """
    line, looks = worker.line, worker.patience.looks
    try:
        frame = line.look(looks) if looks else line.sleep()
        if frame is not None:
            return frame
        began_s = time.monotonic()
        while True:
            try:
                frame = line.listen()
            except BlockingIOError:
                frame = None
            if frame is not None:
                worker.slept(time.monotonic() - began_s)
                return frame
            if time.monotonic() > worker.patient_until_s:
                worker.kill(None if worker.cancelling else unanswered(worker.plugin_id))
                return b""
    except (OSError, ValueError):  # it was closed
        return b""


def unanswered(plugin_id: str) -> LimitExceeded:
    """The error of the second line: no answer, and the watchdog did not see to it."""
    return LimitExceeded("it did not answer in time", limit="wall", plugin_id=plugin_id, remedy="call it again")

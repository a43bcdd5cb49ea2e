"""A process that does to its end of a channel what it is told, and nothing else: the other end of the drivers' tests.

Owns the words of the script. It runs by itself, with neither NumPy nor this package, in a hundredth of a second.
"""

import mmap
import os
import select
import signal
import socket
import sys
import time

SAY, READ, WRITE, CLOSE, EXIT, KILL, SLEEP = b"s", b"r", b"w", b"c", b"x", b"k", b"z"
"""Send the rest of the message; read one; write the rest of the message into the box, at the place that 4 bytes say; close
the channel and live on; end; be killed; do nothing for long."""


def obey(channel: socket.socket, script: socket.socket, box: mmap.mmap) -> None:
    """Follow the script, one word a message, until its author has gone."""
    while word := script.recv(70_000):
        try:
            if word[:1] == SAY:
                channel.send(word[1:])
            elif word[:1] == READ:
                if select.select([channel], [], [], 0.2)[0]:
                    channel.recv(70_000)
            elif word[:1] == WRITE:
                place = int.from_bytes(word[1:5], "little") % (len(box) - len(word))
                box[place : place + len(word) - 5] = word[5:]
            elif word[:1] == CLOSE:
                channel.close()
            elif word[:1] == EXIT:
                os._exit(word[1])
            elif word[:1] == KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                time.sleep(30)
        except (OSError, ValueError):  # the channel is closed
            continue


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[1:]]
    obey(*(socket.socket(fileno=number) for number in numbers[:2]), mmap.mmap(numbers[2], 0))

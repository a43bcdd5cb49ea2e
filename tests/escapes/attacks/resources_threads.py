"""Breed threads instead.

Attacks: the process table and the scheduler.
How: thousands of threads that sleep, with stacks small enough to pass the memory limit.
Source: clone(2); getrlimit(2): threads count as processes.
Breach: it ends in anything but the limit of processes or of memory.
"""

import threading
import time

GROUP, ENDS = "resources", ("processes", "memory")


def attack(outside):
    threading.stack_size(64 * 1024)
    for _ in range(20_000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(5)
    return "20,000 threads ran"

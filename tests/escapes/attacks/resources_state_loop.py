"""Hang where the state is asked for.

Attacks: whoever keeps the state.
How: get_state() spins, and would return something endless.
Source: Python's pickle protocol has the same hook, __getstate__, and the same trouble.
Breach: it ends in anything but a limit, or the host can't go on.
"""

GROUP, LIMITS, ENDS, USABLE = "resources", {"cpu_s": 1, "wall_s": 3}, ("cpu", "wall"), False
HOST_S = 9.0


def attack(outside):
    def get_state():
        while True:
            pass

    type(outside.plugin).get_state = lambda self: get_state()

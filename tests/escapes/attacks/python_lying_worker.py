"""Rewrite the worker's own modules.

Attacks: the worker's honesty, on which nothing may rest.
How: replace frames.encode, values.pack, the loop and the channel by one's own, so that every answer is a lie of
another form.
Source: monkeypatching, as in every "Python jail" write-up (pyjail, RestrictedPython's CVE-2023-37271).
Breach: the host raises anything but a typed error, or comes to harm.
"""

GROUP = "python"
ENDS = (None, "ProtocolViolation", "DefinitionError", "WorkerCrashed", "PluginExecutionError")


def attack(outside):
    import gc

    from schillinger_plugins.protocol import frames, values

    true = frames.encode
    frames.encode = lambda frame: true(frame)[:-1] + b"\xc1"
    values.pack = lambda *_: None
    for one in gc.get_objects():
        if type(one).__name__ == "Channel" and type(one).__module__.endswith("worker.channel"):
            type(one).send = lambda self, frame: self._connection.send(b"\x93" * 100)
            break

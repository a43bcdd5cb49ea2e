"""Nest without end.

Attacks: whoever walks through values.
How: a list that holds itself, dictionaries a million deep, a deep exception chain.
Source: CWE-674; CVE-2022-21426-like stack exhaustion.
Breach: the host raises anything but a typed error, or dies.
"""

GROUP = "python"
ENDS = ("DefinitionError", "PluginExecutionError", "memory", "WorkerCrashed")


def attack(outside):
    value = []
    for _ in range(1_000_000):
        value = [value]
    outside.plugin.deep = value
    error = None
    for _ in range(2000):
        error, error_before = RuntimeError("x"), error
        error.__cause__ = error_before
    raise error

"""Be a main file that compilers choke on.

Attacks: whoever compiles or scans the file.
How: expressions nested a hundred thousand deep, in a module imported by the plugin in its call.
Source: CPython's gh-95588 and the warning of the ast module that a complex string can crash the interpreter.
Breach: the host comes to harm or the instance can't be used again.
"""

GROUP = "python"
ENDS = (None, "PluginExecutionError", "WorkerCrashed", "memory")


def attack(outside):
    for source in (
        "(" * 100_000,
        "-" * 500_000 + "1",
        "x = " + "[" * 5000 + "]" * 5000,
        "a" + ".b" * 100_000,
        "# coding: rot13\n",
        "\0",
    ):
        try:
            compile(source, "bomb", "exec")
        except (SyntaxError, MemoryError, RecursionError, ValueError):
            pass

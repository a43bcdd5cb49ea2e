"""Be source that parsers choke on.

Attacks: the host, which parses every file of a plugin before it is loaded.
How: brackets, signs, attributes, comparisons, f-strings and decorators nested or chained a hundred thousand times;
NUL, odd encodings and a false coding line.
Source: the ast module's warning that a complex string can crash the interpreter; CPython's gh-95588; CWE-674.
Breach: the host dies, raises anything but a typed error, or takes longer than a moment.
"""

GROUP, USABLE, HOST_S = "load", False, 12.0
ENDS = (None, "ScanError", "LoadError", "PackageError")
_BOMBS = {
    "brackets": "(" * 50_000 + ")" * 50_000,
    "lists": "x = " + "[" * 150 + "]" * 150,
    "signs": "x = " + "-" * 100_000 + "1",
    "attributes": "a" + ".b" * 50_000,
    "calls": "a" + "()" * 50_000,
    "sums": "x = 1" + "+1" * 50_000,
    "strings": "x = " + "'a' " * 50_000,
    "elifs": "if x: pass\n" + "elif x: pass\n" * 3_000,
    "lambdas": "x = " + "lambda: " * 3_000 + "1",
    "fstrings": "x = f'" + "{" * 50_000 + "'",
    "awaits": "async def f():\n    " + "await " * 50_000 + "1",
    "nots": "x = " + "not " * 50_000 + "1",
    "stars": "*" * 50_000,
    "nul": "x = 1\0\n",
    "coding": "# -*- coding: rot13 -*-\nvzcbeg bf\n",
    "utf7": "# coding: utf-7\n+AGkAbQBwAG8AcgB0- os\n",
    "number": "x = " + "9" * 100_000,
    "indents": "\n".join(" " * level + "if x:" for level in range(99)) + "\n" + " " * 99 + "pass\n",
}


def prepare(folder, outside):
    for name, text in _BOMBS.items():
        (folder / f"bomb_{name}.py").write_text(text)


def attack(outside):
    return None

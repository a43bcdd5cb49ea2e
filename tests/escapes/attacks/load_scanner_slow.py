"""Be source over which a careless pattern never ends.

Attacks: the host's time, when it looks for suspicious text.
How: 200 kB each of blanks, letters, base64, escapes, quotes, dots, at signs, brackets and digits, on one line.
Source: CWE-1333; the ReDoS advisories of linters.
Breach: loading takes longer than it should for 2 MB of text.
"""

GROUP, USABLE, HOST_S, HOST_CPU_S = "load", False, 25.0, 20.0
ENDS = (None, "ScanError", "LoadError", "PackageError")
_UNITS = ["a", "Ab1+", "\\x41", " \t", "a.b ", "=", "/", "@", "0", "http://", "é", "{}"]


def prepare(folder, outside):
    for number, unit in enumerate(_UNITS):
        text = (unit * 200_000)[:200_000]
        (folder / f"slow_{number}.py").write_text(f"x = '''{text}'''\n")
    (folder / "slow_comment.py").write_text("#" + "- " * 100_000 + "\n")


def attack(outside):
    return None

"""Files of a plugin that are no Python source: what they are, by their first bytes rather than by their name.

Owns native libraries, programs, compiled Python, pickles and archives: code, or what becomes code, that can't be read here.
Called by ``scan``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from .folder import Entry
from .report import Finding, Severity

_NATIVE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe", b"\0asm")
_NATIVE_NAMES = re.compile(r".*\.(so|pyd|dll|dylib)(\.[0-9.]+)?")
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".sav"})
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd")
_IMPORTABLE = frozenset({".zip", ".egg", ".whl", ".pyz", ".pyzw"})
_SHADOWED = sys.stdlib_module_names | {"numpy", "scipy", "librosa", "soundfile", "schillinger_plugins", "sitecustomize"}


def asset(entry: Entry) -> Iterator[Finding]:
    """What a file is, if that is worth a word."""

    def finding(severity: Severity, rule: str, message: str) -> Finding:
        return Finding(severity=severity, rule=rule, message=message, file=entry.file)

    if entry.kind == "endless":
        yield finding("high", "too-many", "the folder goes on and on: what comes from here was not looked at")
    elif entry.kind == "unreadable":
        yield finding("medium", "unreadable", "it can't be read, so nobody knows what it is")
    elif entry.kind == "link":
        yield finding(
            "low", "link", "a symbolic link: it was not followed, and leads nowhere outside the folder in the sandbox"
        )
    elif entry.kind == "other":
        yield finding("medium", "no-file", "a pipe, a socket or a device: nothing that a plugin needs to bring along")
    else:
        yield from _file(entry, finding)


def shadowing(entry: Entry) -> Iterator[Finding]:
    """Whether a source takes the place of a library: the plugin's folder comes first where Python looks for modules."""
    path = PurePosixPath(entry.file)
    name = path.parts[0] if len(path.parts) > 1 and path.name == "__init__.py" else path.stem
    if len(path.parts) <= 1 + (path.name == "__init__.py") and name in _SHADOWED:
        message = f"it takes the place of the library {name} in this plugin"
        yield Finding(severity="medium", rule="shadowing", message=message, file=entry.file)


def _file(entry: Entry, finding: object) -> Iterator[Finding]:
    assert callable(finding)
    try:
        head = entry.head()
    except OSError:
        yield finding("medium", "unreadable", "it can't be read, so nobody knows what it is")
        return
    named_native = _NATIVE_NAMES.fullmatch(entry.path.name.lower()) is not None
    if head.startswith(_NATIVE) or (head.startswith(b"MZ") and b"PE\0\0" in head):
        if named_native:
            yield finding("medium", "native-file", "a native library, whose code can't be read here")
        else:
            yield finding("high", "disguised-program", "machine code under another name")
    elif named_native:
        yield finding("medium", "native-file", "by its name a native library, by its content not")
    elif entry.suffix in (".pyc", ".pyo"):
        yield finding("high", "compiled-file", "compiled Python without its source: it runs, and can't be read here")
    elif entry.suffix in _PICKLE_SUFFIXES or _PICKLE.match(head):
        yield finding("medium", "pickled-file", "a pickle: to open it is to run what is in it")
    elif entry.suffix == ".npy" and b"'|O'" in head:
        yield finding("medium", "pickled-file", "an array of Python objects, which is a pickle")
    elif entry.suffix == ".npz":
        return
    elif head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        if entry.suffix in _IMPORTABLE:
            yield finding(
                "medium", "archive", "an archive from which Python can import; what is in it was not looked at"
            )
        else:
            yield finding("low", "archive", "an archive; what is in it was not looked at")
    elif head.startswith(b"#!") and entry.suffix not in (".py", ".pyw"):
        yield finding("low", "program-file", "a script for another interpreter, which a plugin can't start")

"""The scan of a plugin's folder: which files are read, which rules are asked, what is remembered.

Owns the bounds (files, bytes, seconds), that each file is judged once for as long as its content stays the same, and that a
scan never raises and never runs code of the plugin. Our own rules cost milliseconds; bandit's cost a third of a second, and
are asked where the caller says so. Called by ``manager``, and by the faces for folders that no manager knows.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar

from ..manifest import Manifest
from ..paths import shown
from . import bandit_rules
from .assets import asset, shadowing
from .folder import Entry, entries
from .hidden import hidden
from .imports import Judge, Verdict, imports
from .names import Names
from .obfuscation import obfuscation
from .report import Finding, Report, in_order
from .source import MAX_BYTES, Source, read

MAX_SOURCES = 400
MAX_TOTAL_BYTES = 8 * 1024 * 1024
DEADLINE_S = 10.0

T = TypeVar("T")
Key = tuple[object, ...]

_REMEMBERED_FILES = 1000
"""Each by its name and a digest of its content: a folder can't pass for another by what a hash of it leaves out."""


def scan(folder: Path, manifest: Manifest, *, judge: Judge | None = None, with_bandit: bool = True) -> Report:
    """Look through a plugin's folder without running anything of it.

    Parameters
    ----------
    folder : Path
    manifest : Manifest
        What it asks for, and which file is its main file.
    judge : callable, optional
        What the policy says of an imported module (``Policy.imports.verdict``); without one, every import is allowed.
    with_bandit : bool
        Whether bandit is asked, too, which takes a third of a second.

    Returns
    -------
    Report
        Whatever happens: what can't be read is a finding.
    """
    return Scanner(judge).scan(folder, manifest, with_bandit=with_bandit)


class Scanner:
    """Scans, and remembers what it has seen.

    Parameters
    ----------
    judge : callable, optional
        What the policy says of an imported module.
    """

    def __init__(self, judge: Judge | None = None) -> None:
        self._judge = judge or _allow
        self._lock = threading.Lock()
        self._files: OrderedDict[Key, tuple[Finding, ...]] = OrderedDict()
        self._bandit: OrderedDict[Key, tuple[Finding, ...]] = OrderedDict()

    def scan(self, folder: Path, manifest: Manifest, *, with_bandit: bool = True) -> Report:
        """As the function `scan`; what has not changed since the last time costs next to nothing."""
        asked = frozenset(manifest.metadata.requires_permissions)
        began_s = time.perf_counter()
        found, sources = self._look(folder, manifest.main_file, asked)
        if with_bandit:
            found += self._ask_bandit(sources, found)
        return Report(
            findings=in_order(found),
            scanned_files=len(sources),
            took_s=time.perf_counter() - began_s,
            with_bandit=with_bandit,
        )

    def _look(self, folder: Path, main_file: str, asked: frozenset[str]) -> tuple[list[Finding], list[_Read]]:
        """Our own rules, on every file."""
        deadline = time.monotonic() + DEADLINE_S
        found: list[Finding] = []
        sources: list[_Read] = []
        room = MAX_TOTAL_BYTES
        listed = list(entries(folder))
        own = frozenset(_modules(listed))
        # The main file first: if there is too much, it is the one to have been read.
        main = shown(main_file)
        listed.sort(key=lambda entry: entry.file != main)
        for entry in listed:
            if time.monotonic() > deadline:
                found.append(_given_up(entry.file, f"the scan took more than {DEADLINE_S:g} s"))
                break
            if entry.kind != "file" or not entry.is_source:
                found += asset(entry)
                continue
            if len(sources) >= MAX_SOURCES or room <= 0:
                found.append(_given_up(entry.file, "there is more code than is read"))
                break
            try:
                data = entry.read(MAX_BYTES + 1)
            except OSError:
                found += asset(replace(entry, kind="unreadable"))
                continue
            room -= len(data)
            one = _Read(entry.file, data)
            sources.append(one)
            key = (entry.file, one.digest, asked, own)
            known = self._recall(self._files, key)
            if known is None:
                known = (*shadowing(entry), *self._judge_source(one.source, asked, own))
                self._remember(self._files, key, known, _REMEMBERED_FILES)
            found += known
        return found, sources

    def _judge_source(self, source: Source, asked: Collection[str], own: Collection[str]) -> tuple[Finding, ...]:
        found = list(source.flaws)
        names = Names(source.tree) if source.tree is not None else None
        try:
            found += hidden(source, names)
            if names is not None:
                found += imports(source, names, asked=asked, own=own, judge=self._judge)
                found += obfuscation(source, names)
        except (RecursionError, MemoryError) as error:
            found.append(source.finding("high", "too-deep", f"it can't be judged ({type(error).__name__})"))
        return in_order(found)

    def _ask_bandit(self, sources: list[_Read], found: list[Finding]) -> list[Finding]:
        known: list[Finding] = []
        new: list[_Read] = []
        for one in sources:
            remembered = self._recall(self._bandit, (one.file, one.digest))
            if remembered is None:
                new.append(one)
            else:
                known += remembered
        if new:
            fresh = bandit_rules.bandit([one.source for one in new])
            for one in new:
                of_file = tuple(finding for finding in fresh if finding.file == one.file)
                self._remember(self._bandit, (one.file, one.digest), of_file, _REMEMBERED_FILES)
            known += fresh
        # What our own rules have said of a line already isn't said again in other words.
        told = {(finding.file, finding.line) for finding in found if finding.line}
        return [finding for finding in known if (finding.file, finding.line) not in told]

    def _recall(self, memory: OrderedDict[Key, T], key: Key) -> T | None:
        with self._lock:
            if key in memory:
                memory.move_to_end(key)
            return memory.get(key)

    def _remember(self, memory: OrderedDict[Key, T], key: Key, value: T, most: int) -> None:
        with self._lock:
            memory[key] = value
            while len(memory) > most:
                memory.popitem(last=False)


class _Read:
    """A source file that was read; parsed when somebody asks for it."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self.digest = hashlib.sha256(data).digest()
        self._data = data

    @cached_property
    def source(self) -> Source:
        return read(self.file, self._data)


def _modules(listed: Iterable[Entry]) -> Iterator[str]:
    """The modules that the plugin brings along, by their first names."""
    for entry in listed:
        if entry.is_source:
            path = PurePosixPath(entry.file)
            yield path.stem
            yield from path.parts[:-1]


def _given_up(file: str, why: str) -> Finding:
    message = f"{why}: what comes from here was not looked at"
    return Finding(severity="high", rule="too-many", message=message, file=file)


def _allow(module: str) -> Verdict:
    return "allowed"

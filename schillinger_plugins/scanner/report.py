"""What a scan has to say: findings, and the lines in which a person is shown them.

Owns plain data and its order. All text in it comes from a stranger and is made printable and short when a finding is made,
so that no face has to think of it; HTML must still be escaped by whoever writes HTML. Refuses nothing but, asked to
(`Report.demand`), a plugin. Made by the rules, read by ``manager`` and the faces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ..errors import ScanError
from ..paths import shown

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")

BLOCKED_IMPORT = "import-blocked"
UNREADABLE = frozenset({"syntax-error", "nul", "undecodable", "too-deep", "too-large", "unreadable"})
"""The rules that say of a source that nothing else is known of it."""

_MAX_FINDINGS = 500
_MAX_OF_A_KIND = 20
_MAX_TEXT = 160


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing worth a look.

    Attributes
    ----------
    severity : str
        ``high``: hardly any honest plugin does that. ``medium``: it can't work in the sandbox, or what runs is not what can
        be read. ``low``: for the record.
    rule : str
        Which rule found it, as ``dynamic-code``; ``bandit-B501`` for a test of bandit.
    message : str
        What it is and why it matters.
    file : str
        Relative to the plugin's folder; printable.
    line : int
        Counted from 1; 0 for a file as a whole.
    snippet : str
        The line itself, short and printable.
    """

    severity: Severity
    rule: str
    message: str
    file: str
    line: int = 0
    snippet: str = ""

    @property
    def where(self) -> str:
        """``main.py:12``."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        return f"{self.severity} {self.where}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The outcome of a scan.

    Attributes
    ----------
    findings : tuple of Finding
        The gravest first, then by file and line.
    scanned_files : int
        How many sources were read and judged.
    took_s : float
        How long it took.
    with_bandit : bool
        Whether bandit's tests are in it.
    """

    findings: tuple[Finding, ...] = ()
    scanned_files: int = 0
    took_s: float = 0.0
    with_bandit: bool = False

    @property
    def worst(self) -> Severity | None:
        """The gravest severity there is; None if nothing was found."""
        return self.findings[0].severity if self.findings else None

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of that severity or above."""
        return tuple(one for one in self.findings if _weight(one) >= SEVERITIES.index(severity))

    def beside_tests(self) -> tuple[Report, int]:
        """The same without what lies in ``tests/``, which is run when the plugin is tested, and how much that is.

        Whoever shows the one tells the other: nothing keeps a plugin from importing what lies there.
        """
        kept = tuple(one for one in self.findings if not one.file.startswith("tests/"))
        return replace(self, findings=kept), len(self.findings) - len(kept)

    def unreadable(self, file: str) -> Finding | None:
        """Why a source couldn't be read the way Python would run it, or None if it could."""
        return next((one for one in self.findings if one.file == file and one.rule in UNREADABLE), None)

    def summary(self) -> str:
        """``1 high, 2 medium``, or ``nothing found``."""
        counts = Counter(one.severity for one in self.findings)
        return ", ".join(f"{counts[name]} {name}" for name in reversed(SEVERITIES) if counts[name]) or "nothing found"

    def lines(self, *, at_least: Severity = "medium", most: int = 8) -> tuple[str, ...]:
        """What to show a person who decides about the plugin: one finding a line, then how many more there are.

        Parameters
        ----------
        at_least : str
            The lowest severity that is shown in full.
        most : int
            How many findings are shown in full.

        Returns
        -------
        tuple of str
            Printable, without newlines; empty if nothing was found.
        """
        told = self.at_least(at_least)[:most]
        rest = Counter(one.severity for one in self.findings[len(told) :])
        lines = [str(one) for one in told]
        if rest:
            more = ", ".join(f"{rest[name]} {name}" for name in reversed(SEVERITIES) if rest[name])
            lines.append(f"and {more} more" if told else more)
        return tuple(lines)

    def demand(self, refuse: Severity | None, *, plugin_id: str) -> None:
        """Refuse a plugin that imports what the policy blocks, or has a finding of severity `refuse` or above.

        Raises
        ------
        ScanError
            With file, line and the setting of the policy.
        """
        blocked = [one for one in self.findings if one.rule == BLOCKED_IMPORT]
        if blocked:
            raise ScanError(
                f"{blocked[0].where}: {blocked[0].message}{_more(len(blocked))}",
                plugin_id=plugin_id,
                remedy="remove the import; to allow it, PluginManager(policy=Policy(imports=ImportPolicy(allowed={…})))",
            )
        grave = self.at_least(refuse) if refuse is not None else ()
        if grave:
            raise ScanError(
                f"{grave[0].where}: {grave[0].message} ({grave[0].severity}){_more(len(grave))}",
                plugin_id=plugin_id,
                remedy=f"%plugin scan {plugin_id} shows all; the policy refuses it by refuse_findings={refuse!r}",
            )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first, each once, and no more than a person can read: a flood of one kind ends in one line."""
    kinds: Counter[tuple[str, str]] = Counter()
    kept = []
    for one in sorted(set(findings), key=lambda one: (-_weight(one), one.file, one.line, one.rule, one.message)):
        kinds[one.rule, one.file] += 1
        if kinds[one.rule, one.file] <= _MAX_OF_A_KIND:
            kept.append(one)
    return tuple(kept[:_MAX_FINDINGS])


def excerpt(text: str) -> str:
    """A line of a stranger's source, short and printable."""
    text = shown(" ".join(text[: 8 * _MAX_TEXT].split()))
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _weight(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _more(count: int) -> str:
    return f", and {count - 1} more like it" if count > 1 else ""

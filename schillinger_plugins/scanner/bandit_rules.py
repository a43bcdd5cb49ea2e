"""bandit's view of a plugin's sources (https://bandit.readthedocs.io).

Owns the process in which bandit runs (``bandit_apart``), its deadline, and the translation of its issues into findings. It
takes a third of a second, most of it for being imported, so it is asked only where somebody reads the answer or the policy
depends on it. A source on which bandit raises, loops or crashes ends in a finding. Called by ``scan``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .report import Finding, Severity, excerpt
from .source import Source

DEADLINE_S = 30.0

_PROGRAM = Path(__file__).with_name("bandit_apart.py")
_LIBRARIES = ("bandit", "stevedore", "yaml", "rich")
_SEVERITIES: Mapping[str, Severity] = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}
_MAX_CRASHES = 3
_MAX_ANSWER = 8 * 1024 * 1024


def bandit(sources: Sequence[Source], *, deadline_s: float = DEADLINE_S) -> list[Finding]:
    """What bandit finds in the sources that could be parsed.

    Parameters
    ----------
    deadline_s : float
        For all of them together; what it has not seen by then is said in a finding.
    """
    deadline = time.monotonic() + deadline_s
    pending = {source.file: source for source in sources if source.tree is not None}
    findings: list[Finding] = []
    crashes = 0
    while pending:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or crashes >= _MAX_CRASHES:
            findings += [_unfinished(source, "had no time left for it") for source in pending.values()]
            break
        for name, answer in _ask(list(pending.values()), left_s):
            source = pending.pop(name, None)
            if source is not None:
                findings += _findings(source, answer)
        if pending:
            # It ended in the midst of the first that has no answer.
            crashes += 1
            findings.append(_unfinished(pending.pop(next(iter(pending))), "could not finish with it"))
    return findings


def _ask(sources: Iterable[Source], deadline_s: float) -> list[tuple[str, Any]]:
    request = json.dumps([[source.file, source.text] for source in sources]) + "\n"
    process = subprocess.Popen(
        [sys.executable, "-I", str(_PROGRAM), *_roots()],
        env={name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH") if name in os.environ},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(request.encode(), timeout=deadline_s)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    answers = []
    for line in said[:_MAX_ANSWER].splitlines():
        try:
            name, answer = json.loads(line)
        except ValueError:
            break  # the line in which it was stopped
        answers.append((name, answer))
    return answers


def _findings(source: Source, answer: Mapping[str, Any]) -> list[Finding]:
    if "error" in answer:
        return [_unfinished(source, f"could not finish with it ({answer['error']})")]
    findings = []
    for issue in answer["issues"]:
        # What bandit itself is not sure of is for the record.
        severity = "low" if issue["confidence"] == "LOW" else _SEVERITIES.get(issue["severity"], "low")
        findings.append(
            source.finding(severity, f"bandit-{issue['test']}", excerpt(issue["text"]), max(int(issue["line"] or 0), 0))
        )
    return findings


def _unfinished(source: Source, why: str) -> Finding:
    return source.finding("medium", "bandit-unfinished", f"bandit {why}")


def _roots() -> list[str]:
    """Where bandit and what it needs are installed, which an isolated interpreter may not know by itself."""
    found = []
    for name in _LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            found.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(found))

"""bandit, run as a library in a process of its own: a program, started by ``bandit_rules`` and imported by nobody.

Owns which of bandit's tests say something about a plugin that runs confined. It is apart because bandit walks the tree by
recursion, has regular expressions that take quadratic time and replaces ``warnings.formatwarning``: a hostile source may
stop this process, not the notebook. Reads one line of JSON, a list of [name, text] pairs, and answers a line for each.
Imports nothing of this package. Of bandit it needs the test set and the visitor; the manager's own loop over files would
open them again by name.
"""

import ast
import io
import json
import logging
import os
import resource
import sys
import warnings
from typing import Any

NOT_ASKED = {
    "B101": "an assert is no risk in a plugin",
    "B105": "a plugin has no password that would be worth something",
    "B106": "as B105",
    "B107": "as B105",
    "B110": "try, except, pass: a matter of style",
    "B112": "as B110",
    "B113": "requests can't connect at all",
    "B303": "MD5 for naming a cache is fine",
    "B311": "random numbers in music are no secrets",
    "B324": "as B303",
    "B403": "to import pickle is not to use it",
    "B404": "said by our own rules",
    "B608": "there is no database to inject into",
    "B613": "said by our own rules, with the character",
}
CPU_S = 20
MEMORY_BYTES = 2 * 1024**3
NICE = 5


def main() -> None:
    """Answer the one request on stdin, then end."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    _end_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    sources = json.loads(sys.stdin.readline())
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    # A comment "# nosec" is the plugin's word, and counts for nothing.
    manager = BanditManager(BanditConfig(), "file", quiet=True, profile={"exclude": set(NOT_ASKED)}, ignore_nosec=True)
    for name, text in sources:
        try:
            answer: dict[str, object] = {"issues": _issues(manager, text)}
        except (Exception, RecursionError, MemoryError) as error:
            answer = {"error": type(error).__name__}
        answers.write(json.dumps([name, answer]) + "\n")
        answers.flush()


def _issues(manager: Any, text: str) -> list[dict[str, object]]:
    from bandit.core.node_visitor import BanditNodeVisitor

    ast.parse(text)  # what is no Python is said elsewhere
    manager.metrics.begin("plugin.py")
    visitor = BanditNodeVisitor(
        "plugin.py",
        io.BytesIO(text.encode()),
        manager.b_ma,
        manager.b_ts,
        False,
        {},
        manager.metrics,
    )
    visitor.process(text)
    return [
        {
            "test": issue.test_id,
            "severity": issue.severity,
            "confidence": issue.confidence,
            "text": str(issue.text)[:500],
            "line": issue.lineno,
        }
        for issue in visitor.tester.results[:200]
    ]


def _end_with_parent() -> None:
    """So that nothing is left of a host that was killed."""
    import ctypes

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL; else the limit of CPU time ends it


if __name__ == "__main__":
    sys.path.extend(path for path in sys.argv[1:] if path not in sys.path)
    main()

"""The test of a plugin as a whole: every check in turn, then the author's own tests.

Owns the order, the choice, the time of each, and that an interrupt ends the test with the report so far. Refuses nothing by
itself: a plugin that can't be loaded raises as `PluginManager.load` does. Called by the faces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from ..behalf import acting, current
from ..errors import InputError, PluginError, nearest
from ..manager import PluginManager
from ..registry import content_hash
from . import author_tests
from .check import Check, Failed, Refused, Skipped, Uncalled
from .checks import CHECKS, GROUPS
from .outcome import AUTHORS, Outcome, Report
from .subject import Subject

OnProgress = Callable[[float, str], None]


def examine(
    manager: PluginManager,
    plugin_id: str,
    *,
    only: Collection[str] = (),
    with_author_tests: bool = True,
    config: Mapping[str, Any] | None = None,
    on_progress: OnProgress = lambda fraction, message: None,
) -> Report:
    """Test a plugin.

    Parameters
    ----------
    manager : PluginManager
        In whose workers it is run. Instances that are made for the test are destroyed after it. The plugin is reloaded once,
        and before the first check if its folder has changed since it was loaded: what is tested is what lies there.
    only : collection of str
        Groups (``signals``) or checks (``nan``, ``tests/test_gain.py::test_unity``); all if empty. ``tests`` stands for the
        author's own.
    with_author_tests : bool
        Whether the tests in the plugin's folder are run, too.
    config : Mapping, optional
        Overlaid on the plugin's default configuration, for the instances that the checks make: where its service is, for
        example. The author's own tests have the default one.
    on_progress : callable
        Told the fraction that is done and the check that is next.

    Returns
    -------
    Report
        After an interrupt, with the outcomes so far.

    Raises
    ------
    InputError
        If there is no group or check of a name in `only`, or `config` doesn't fit.
    PluginError
        If the plugin can't be loaded.

    Examples
    --------
    >>> report = examine(manager, "gain_node", only=["signals"])  # doctest: +SKIP
    >>> [outcome.check for outcome in report.failed]  # doctest: +SKIP
    []
    """
    # The journal keeps it apart: figures of a plugin are not of its tests.
    with acting(replace(current(), purpose="test")):
        return _examined(manager, plugin_id, only, with_author_tests, config or {}, on_progress)


def _examined(
    manager: PluginManager,
    plugin_id: str,
    only: Collection[str],
    with_author_tests: bool,
    config: Mapping[str, Any],
    on_progress: OnProgress,
) -> Report:
    chosen = _chosen(only)
    with_author_tests = with_author_tests and (not only or any(_is_authors(name) for name in only))
    began_s = time.perf_counter()
    outcomes: list[Outcome] = []
    interrupted, hashed = False, ""
    subject = Subject(manager, plugin_id, config)
    try:
        hashed = subject.content_hash()
        if content_hash(subject.root) != hashed:
            manager.reload(plugin_id)
            subject = Subject(manager, plugin_id, config)
            hashed = subject.content_hash()
        steps = len(chosen) + (3 if with_author_tests else 0)
        for index, check in enumerate(chosen):
            on_progress(index / max(1, steps), check.title)
            outcomes.append(_outcome(check, subject))
        if with_author_tests:
            names = () if AUTHORS in only else tuple(name for name in only if _is_authors(name))
            done = len(chosen) / steps
            on_progress(done, "the author's tests")
            outcomes += author_tests.run(
                manager, plugin_id, only=names, on_progress=lambda fraction, test: on_progress(done, test)
            )
        on_progress(1.0, "done")
    except KeyboardInterrupt:
        interrupted = True
    return Report(
        plugin_id=plugin_id,
        version=subject.manifest.metadata.version,
        content_hash=hashed,
        config=subject.config,
        outcomes=tuple(outcomes),
        seconds=time.perf_counter() - began_s,
        interrupted=interrupted,
    )


def _outcome(check: Check, subject: Subject) -> Outcome:
    began_s = time.perf_counter()
    facts: dict[str, Any] = {"check": check.id, "group": check.group, "title": check.title}
    try:
        check.demand_fit(subject)
        remark = check.run(subject)
    except Failed as failure:
        case = failure.case
        given = {"input": case.said, "line": case.line} if case is not None else {}
        outcome = Outcome.of("failed", failure.message, **facts, **given)
    except Skipped as skipped:
        outcome = Outcome.of("skipped", str(skipped), is_uncalled=isinstance(skipped, Uncalled), **facts)
    except Refused as refusal:
        outcome = Outcome.of("skipped", f"it refuses the input: {refusal.message}", **facts)
    except PluginError as error:  # an instance that can't be started any more, for example
        outcome = Outcome.of("failed", f"{type(error).__name__}: {error}", **facts)
    except Exception as error:  # whatever a plugin returns, it must not cost the report
        outcome = Outcome.of("failed", f"it can't be judged: {type(error).__name__}: {error}", **facts)
    else:
        outcome = Outcome.of("passed", remark or "", **facts)
    return replace(outcome, seconds=round(time.perf_counter() - began_s, 3))


def _chosen(only: Collection[str]) -> list[Check]:
    known = {*GROUPS, *(check.id for check in CHECKS)}
    for name in only:
        if name not in known and not _is_authors(name):
            close = nearest(name, known | {AUTHORS})
            remedy = f"did you mean {close}?" if close else f"the groups are {', '.join([*GROUPS, AUTHORS])}"
            raise InputError(f"there is no group of checks and no check called {name[:60]!r}", remedy=remedy)
    return [check for check in CHECKS if not only or check.id in only or check.group in only]


def _is_authors(name: str) -> bool:
    return name == AUTHORS or name.startswith(f"{AUTHORS}/")

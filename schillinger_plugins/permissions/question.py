"""Question: the words in which a person is asked whether a plugin may do what it asks for, and the reading of the answer.

Owns that whoever asks is named (plugin, version, author, folder), for what, why, and what was said before; that
everything a stranger wrote stays in its line; and that nothing but a clear yes is one: an empty line, an interrupt and
the end of the input are no. Knows no notebook and no terminal: the faces say how a line is shown and read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..journal import Grant
from ..paths import shown
from ..registry import PluginRecord
from .decision import Permissions, Standing
from .request import described
from .terms import Given, Terms, requested

Tell = Callable[[str], object]
Read = Callable[[str], str]

_MAX_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a person is to be asked.

    Attributes
    ----------
    record : PluginRecord
        As it was read when the question was made: a yes is for that code, even if the folder changes meanwhile.
    standings : tuple of Standing
        One for each permission that is asked for.
    known_since : str
        The day this user was first asked about the plugin; empty if never.
    findings : tuple of str
        What a look at the code has found, one line each.
    """

    record: PluginRecord
    standings: tuple[Standing, ...]
    known_since: str = ""
    findings: tuple[str, ...] = ()

    def introduction(self) -> list[str]:
        """Who asks."""
        manifest = self.record.manifest
        assert manifest is not None
        metadata = manifest.metadata
        since = f"known since {self.known_since}" if self.known_since else "not asked about before"
        return [
            f"{_line(manifest.title)} ({self.record.id} {_line(metadata.version)}) by {_line(metadata.author) or 'nobody'}",
            f"  in {shown(self.record.root)}; {since}",
            *(f"  found in its code: {_line(finding)}" for finding in self.findings),
        ]

    def request(self, standing: Standing) -> list[str]:
        """What it asks for, why, and what was said before."""
        asked = standing.request
        lines = [f"asks for {asked.permission}: {asked.describe()}"]
        lines.append(f"  its reason: {_line(asked.reason)}" if asked.reason else "  it gives no reason")
        if standing.grant is not None:
            lines.append(f"  granted on {standing.grant.granted_at[:10]}: {_granted(standing.grant)}")
        elif standing.before is not None:
            lines.append(f"  before: {_granted(standing.before)}, {standing.why_not}")
        return lines


def question_about(
    permissions: Permissions,
    record: PluginRecord,
    permission: str | None = None,
    *,
    given: Given | None = None,
    findings: Callable[[], Sequence[str]] = tuple,
) -> Question | None:
    """What a person has to be asked before a plugin can run, or to be granted `permission` or what was `given`.

    Parameters
    ----------
    findings : callable
        Gives what a look at the code has found, a line each; called if there is something to ask.

    Returns
    -------
    Question or None
        None if there is nothing to ask.

    Raises
    ------
    InputError
        If the plugin doesn't ask for what is to be granted.
    PluginError
        If the journal can't be read: then there is no use in asking.
    """
    wanted = [permission] if permission is not None else list((given or Given()).permissions)
    for name in wanted:
        requested(record, name)
    if permission is not None and given is not None and given.permissions:
        permissions.terms(record, permission, given)  # a slip in the line should not cost an answer
    standings = [
        one
        for one in permissions.standing(record)
        if one.request.permission in wanted or (permission is None and not one.is_met)
    ]
    if not standings:
        return None
    return Question(
        record=record,
        standings=tuple(standings),
        known_since=permissions.known_since(record.id),
        findings=tuple(findings()),
    )


def ask(
    permissions: Permissions, question: Question, *, read: Read, tell: Tell, given: Given | None = None
) -> tuple[Grant, ...]:
    """Ask a person about everything that a question has, and write down the grants if every answer is yes.

    Parameters
    ----------
    read : callable
        Shows a prompt and returns the line that was typed, as `input`.
    tell : callable
        Shows a line.

    Returns
    -------
    tuple of Grant
        Empty if the answer was no.

    Raises
    ------
    InputError
        If what was given in advance can't be granted.
    """
    given = given or Given()
    agreed = []
    try:
        for line in question.introduction():
            tell(line)
        for standing in question.standings:
            for line in question.request(standing):
                tell(line)
            terms = _terms(permissions, question.record, standing, given, read, tell)
            if terms is None:
                tell("nothing was named, so nothing was granted")
                return ()
            for line in _offer(terms, standing):
                tell(line)
            if read(f"Grant {terms.permission} to {question.record.id}? [y/N] ").strip().lower() not in ("y", "yes"):
                tell("nothing was granted")
                return ()
            agreed.append(terms)
    except (KeyboardInterrupt, EOFError):
        tell("")
        tell("interrupted, which means no: nothing was granted")
        return ()
    return tuple(permissions.grant(question.record, terms) for terms in agreed)


def confirmed(
    permissions: Permissions, question: Question, *, tell: Tell, given: Given | None = None
) -> tuple[Grant, ...]:
    """The same with the answer given in advance: all is shown, and granted.

    Raises
    ------
    InputError
        If it can't be granted as it was asked for or given.
    """
    given = given or Given()
    agreed = [
        permissions.terms(question.record, one.request.permission, _about(given, one.request.permission))
        for one in question.standings
    ]
    for line in question.introduction():
        tell(line)
    for standing, terms in zip(question.standings, agreed, strict=True):
        for line in [*question.request(standing), *_offer(terms, standing)]:
            tell(line)
    return tuple(permissions.grant(question.record, terms) for terms in agreed)


def receipt(grant: Grant, *, is_loaded: bool) -> str:
    """What was granted, in a line."""
    applies = f"; %plugin reload {grant.plugin_id} applies it" if is_loaded else ""
    return f"granted {grant.permission} to {grant.plugin_id} {_line(grant.version)}: {_granted(grant)}{applies}"


def _terms(
    permissions: Permissions, record: PluginRecord, standing: Standing, given: Given, read: Read, tell: Tell
) -> Terms | None:
    """As given in advance, else as asked, else as the person names it now; None if nothing is named."""
    request = standing.request
    if request.permission in given.permissions:
        return permissions.terms(record, request.permission, _about(given, request.permission))
    if not request.is_open:
        try:
            return permissions.terms(record, request.permission)
        except InputError as error:
            tell(f"  it can't be granted as it is asked: {error.message}")
    while True:
        if request.permission == "network":
            named = Given(hosts=_listed(read, "  Host that it may reach"))
        else:
            named = Given(
                read=_listed(read, "  Folder that it may read"),
                write=_listed(read, "  Folder that it may read and write"),
            )
        if not (named.read or named.write or named.hosts):
            return None
        try:
            return permissions.terms(record, request.permission, named)
        except InputError as error:
            tell(f"  {error.message}" + (f" → {error.remedy}" if error.remedy else ""))


def _about(given: Given, permission: str) -> Given:
    """The part of it that is about one permission."""
    return Given(hosts=given.hosts) if permission == "network" else Given(read=given.read, write=given.write)


def _listed(read: Read, prompt: str) -> list[str]:
    found: list[str] = []
    while line := read(f"{prompt} (empty line: {'no more' if found else 'none'}): ").strip():
        found.append(line)
    return found


def _offer(terms: Terms, standing: Standing) -> list[str]:
    asked = standing.request
    lines = []
    # What is written may be a link: the folder behind it is what would be granted.
    if terms.describe() != asked.describe():
        lines.append(f"  it would get: {terms.describe()}")
    if terms.more:
        lines.append(f"  that is more than it asks for: {terms.more}")
    return lines


def _granted(grant: Grant) -> str:
    return described(grant.read, grant.write, grant.hosts)


def _line(text: str) -> str:
    """A stranger's text, short and in one line: it must not look like a line of ours."""
    text = shown(" ".join(text.split()))
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"

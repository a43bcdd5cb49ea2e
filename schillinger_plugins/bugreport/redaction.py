"""Redaction: text that may be shown to strangers.

Owns what is taken out of it: values that are known to be secret; what is written the way that secrets are written
(headers, passwords in URLs, ``token=…``, private keys, tokens of well-known services, text that looks random); and who
somebody is (user, host, home folder, addresses). It rather takes too much. A password that is an ordinary word in an
ordinary sentence it can't know: the report is to be read before it is sent. Called by ``gathering``.
"""

from __future__ import annotations

import getpass
import itertools
import json
import os
import platform
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from ..permissions import current_user
from ..schema.secrecy import SECRET

LEFT_OUT = "(left out)"

MAX_CHARS = 60_000
"""Of one text; the rest of it is not told. All quantities below are bounded, too: hostile text must not take for ever."""

_NOBODY = {"root", "jovyan", "user", "nobody", "home"}
"""Names that many have, and that mean something else, too."""

_MIN_SECRET_CHARS = 4
_MIN_RANDOM_CHARS = 16
_CHANGES = 0.3
"""Of the characters of random text, more are followed by one of another kind (letters of either case, digits); of words,
paths and versions, fewer."""
_CHANGES_OF_LETTERS = 0.4
"""WordsAreWrittenLikeThis, too."""

_NAMES = (
    r"token|secret|passw(?:or)?d|passwd|passphrase|\bpwd|api[_-]?key|apikey|access[_-]?key|private[_-]?key|secret[_-]?key"
    r"|credential|auth(?!or)|session[_-]?(?:id|key)|cookie|signature|bearer|jwt"
)
_SECRET_NAME = re.compile(rf"(?i){_NAMES}|(?:^|_)(?:key|pass|pin)$")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z0-9 ]*-----.*?(?:-----END [A-Z0-9 ]*-----|\Z)", re.DOTALL
)
_HEADER = re.compile(
    r"(?i)((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z-]{0,40}(?:key|token|auth|secret)[a-z-]{0,40})(['\"]?\s*[:=,]\s*)[^\n]+"
)
_SCHEME = re.compile(r"\b([Bb]earer|BEARER|[Bb]asic(?=\s+\S*[A-Z0-9=])|[Dd]igest(?=\s+\S*=))\s+[^\s'\",;]+")
_URL = re.compile(
    r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)([^\s'\"<>]{0,1000}@)?([^\s?#'\"<>]*)(\?[^\s#'\"<>]*)?(#[^\s'\"<>]*)?"
)
# token=…, "token": …, the token is …, token '…'
_PAIR = re.compile(
    rf"""(?ix)
    (["']?[\w.-]{{0,40}}(?:{_NAMES})[\w.-]{{0,40}}["']?
       (?:\s{{0,8}}(?:=>|:=|[=:])\s{{0,8}}|\s{{1,8}}is\s{{1,8}}|(?<=[\w])\s{{1,8}}(?=["']))
    )
    ([bru]{{0,2}}"(?:[^"\\\n]|\\.)*"? | [bru]{{0,2}}'(?:[^'\\\n]|\\.)*'? | [^\s,;}}\])]+)
    """
)
_OPTION = re.compile(rf"(?i)(--?[\w-]{{0,40}}(?:{_NAMES})[\w-]{{0,40}}[ =])(\S+)")
_KNOWN = re.compile(
    r"\b(?:eyJ[\w-]{5,}(?:\.[\w-]*)+|gh[pousr]_\w{8,}|github_pat_\w{8,}|glpat-[\w-]{8,}|xox[a-z]-[\w-]{8,}|[spr]k[-_][\w-]{8,}"
    r"|hf_\w{8,}|npm_\w{8,}|pypi-[\w-]{8,}|A(?:KIA|SIA)[A-Z0-9]{8,}|AIza[\w-]{8,}|ya29\.[\w-]{8,}|SG\.[\w.-]{8,})"
)
_RUN = re.compile(rf"[A-Za-z0-9+/=_-]{{{_MIN_RANDOM_CHARS},}}")
_ADDRESS = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}\b")
_HOME = re.compile(r"(/home|/Users)/[^/\s:'\"]+")


class Redaction:
    """What makes text fit to be shown.

    Parameters
    ----------
    secrets : iterable of str
        Values that are known to be secret, whatever they look like.

    Attributes
    ----------
    taken : int
        How often something was taken out so far.
    """

    def __init__(self, secrets: Iterable[str] = (), *, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        known = {value for value in secrets if len(value) >= _MIN_SECRET_CHARS}
        known |= {
            value
            for name, value in environment.items()
            if len(value) >= _MIN_SECRET_CHARS and (_SECRET_NAME.search(name) or _is_random(value))
        }
        self.taken = 0
        self._known = _any_of({form for value in known for form in _forms(value)})
        homes = {environment.get("HOME", ""), str(Path.home()), os.path.realpath(Path.home())} - {"", "/"}
        self._homes = _any_of(homes, after=r"(?![\w.-])")
        users = {current_user(), _login(), *(Path(home).name for home in homes)} - {"", *_NOBODY}
        self._users = _any_of(users, before=r"(?<![\w-])", after=r"(?![\w-])")
        self._hosts = _any_of({platform.node()} - {"", "localhost"}, before=r"(?<![\w-])", after=r"(?![\w-])")

    def __call__(self, text: str) -> str:
        """The text, without what is secret and whose it is."""
        text = text[:MAX_CHARS]
        text = self.known(text)
        text = self._take(_PRIVATE_KEY, SECRET, text)
        text = self._take(_HEADER, rf"\1\2{SECRET}", text)
        text = self._take(_SCHEME, rf"\1 {SECRET}", text)
        text = _URL.sub(self._url, text)
        text = self._take(_PAIR, rf"\1{SECRET}", text)
        text = self._take(_OPTION, rf"\1{SECRET}", text)
        text = self._take(_KNOWN, SECRET, text)
        text = _RUN.sub(self._run, text)
        return self._take(_ADDRESS, "(address)", text)

    def known(self, text: str) -> str:
        """The text without values that are known, and without who somebody is: for what can't hold any other secret."""
        text = self._take(self._known, SECRET, text)
        text = self._take(self._homes, "~", text)
        text = self._take(_HOME, r"\1/(user)", text)
        text = self._take(self._users, "(user)", text)
        return self._take(self._hosts, "(host)", text)

    def _take(self, pattern: re.Pattern[str], put: str, text: str) -> str:
        text, count = pattern.subn(put, text)
        self.taken += count
        return text

    def _url(self, match: re.Match[str]) -> str:
        scheme, user, rest, query, fragment = match.groups()
        self.taken += bool(user) + bool(query) + bool(fragment)
        return scheme + (f"{SECRET}@" if user else "") + rest + (f"?{LEFT_OUT}" if query or fragment else "")

    def _run(self, match: re.Match[str]) -> str:
        run = match[0]
        if _is_random(run) or any(_is_random(part) for part in re.split(r"[/=]", run)):
            self.taken += 1
            return SECRET
        return run


def is_secret_name(name: str) -> bool:
    """Whether a value of that name is mostly one that nobody else may know."""
    return _SECRET_NAME.search(name) is not None


def _is_random(text: str) -> bool:
    if len(text) < _MIN_RANDOM_CHARS or any(c.isspace() for c in text):
        return False
    kinds = ["A" if c.isupper() else "a" if c.isalpha() else "0" for c in text if c.isalnum()]
    if len(kinds) < _MIN_RANDOM_CHARS or set(kinds) == {"0"}:
        return False
    changes = sum(one != other for one, other in itertools.pairwise(kinds)) / len(kinds)
    return changes > (_CHANGES if "0" in kinds else _CHANGES_OF_LETTERS)


def _forms(value: str) -> set[str]:
    """As it stands in text, in JSON, in Python's and in an address."""
    return {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        quote(value),
    }


def _any_of(texts: set[str], *, before: str = "", after: str = "") -> re.Pattern[str]:
    """Any of them, the longest first; nothing at all if there is none."""
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, longest_first))}){after}" if texts else r"(?!)")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return ""

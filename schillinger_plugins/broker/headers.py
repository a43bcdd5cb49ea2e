"""Headers: what a plugin may say of its request.

Owns the check of names and values, and what remains of them after a redirect. A header that frames the request, or that
two readers could understand in two ways, is refused. Called by `Broker`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import InputError

MAX_HEADERS = 50
MAX_HEADER_BYTES = 16 * 1024

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_VALUE = re.compile(r"(?:[!-~](?:[\t -~]{0,4094}[!-~])?)?", re.ASCII)
_OURS = frozenset(
    "host connection keep-alive te trailer transfer-encoding upgrade content-length expect accept-encoding http2-settings "
    "via".split()
)
_SECRET = re.compile(r"auth|cookie|key|token|secret|passw|session|signature")
_OF_THE_BODY = frozenset(
    "content-type content-encoding content-language content-location content-disposition content-md5 content-range digest "
    "content-digest repr-digest last-modified".split()
)

Headers = list[tuple[str, str]]


def checked(headers: Mapping[str, str]) -> Headers:
    """The headers to send, with those that the host adds.

    Raises
    ------
    InputError
        The message never holds a value.
    """
    if len(headers) > MAX_HEADERS:
        raise InputError(f"a request may have {MAX_HEADERS} headers, this one has {len(headers)}")
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InputError(
                f"the header {ascii(name)[:60]} can't be sent",
                remedy="visible ASCII in one line, at most 4096 characters, with no space around it",
            )
        if name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise InputError(f"the header {name} is the host's to set", remedy="leave it out")
    names = [name.lower() for name in headers]
    if len(set(names)) < len(names):
        raise InputError("a header is given twice", remedy="join the values with a comma")
    if sum(len(name) + len(value) for name, value in headers.items()) > MAX_HEADER_BYTES:
        raise InputError(f"a request may have {MAX_HEADER_BYTES // 1024} kB of headers", remedy="send it in the body")
    added = [("Accept-Encoding", "identity")]
    if "user-agent" not in names:
        added.append(("User-Agent", "schillinger_plugins"))
    return [*headers.items(), *added]


def without_secrets(headers: Headers) -> Headers:
    """Those that another host may see: none whose name sounds like a credential."""
    return [(name, value) for name, value in headers if not _SECRET.search(name.lower())]


def without_body(headers: Headers) -> Headers:
    """Those of a request whose body is left out."""
    return [(name, value) for name, value in headers if name.lower() not in _OF_THE_BODY]

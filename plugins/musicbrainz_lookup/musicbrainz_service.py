"""The service: one request at a time, not more than one a second, and again when it asks for patience.

https://musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting: one request per second and address, with a User-Agent that says
whom to write to; who asks more often is answered 503.
"""

import asyncio
import re
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from musicbrainz_records import NotUnderstood, error_of, read

INTERVAL_S = 1.0
TRIES = 4
LONGEST_WAIT_S = 30.0
AGENT = "schillinger-musicbrainz-lookup/1.0.0"
_BUSY = (429, 503)


def agent(contact):
    """The User-Agent that the service asks for.

    Raises
    ------
    ValueError
        If there is nobody to write to.
    """
    contact = contact.strip()
    if (
        not re.match(r"(https?://[^\s()]+\.[^\s()]+|[^\s()@]+@[^\s()@]+\.[^\s()@]+)\Z", contact)
        or not contact.isascii()
    ):
        raise ValueError(
            "MusicBrainz asks whom to write to, and there is nobody: configure your e-mail address or your project's page, "
            'as --config contact="me@example.org"'
        )
    return f"{AGENT} ( {contact} )"


def interval_of(base_url, interval_s):
    """From one request to the next, in s: what is configured, but at musicbrainz.org not less than a second."""
    host = urlsplit(base_url).hostname or ""
    is_theirs = host == "musicbrainz.org" or host.endswith(".musicbrainz.org")
    return max(INTERVAL_S, interval_s) if is_theirs else interval_s


class Service:
    """The web service behind one address.

    Parameters
    ----------
    fetch : callable
        ``await fetch(url, headers=…, timeout_s=…)``, as ``PluginContext.fetch``.
    base_url : str
        ``https://musicbrainz.org/ws/2``, or a mirror.
    interval_s : float
        From one request to the next; at musicbrainz.org never less than a second.

    Attributes
    ----------
    free_at_s : float
        When the next request may begin, as `time.monotonic` has it.
    interval_s : float
    site : str
        What the addresses of the service's pages begin with.
    """

    def __init__(self, fetch, *, base_url, contact, interval_s, free_at_s=0.0):
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url is {base_url!r}, expected an address as https://musicbrainz.org/ws/2")
        self._fetch = fetch
        self._base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": agent(contact), "Accept": "application/json"}
        self.interval_s = interval_of(base_url, interval_s)
        self.free_at_s = free_at_s
        self.site = f"{parts.scheme}://{parts.netloc}"

    async def get(self, path):
        """The object that the service answers; None if there is no such thing.

        Raises
        ------
        ConnectionError
            If it can't be reached, stays busy, or reports an error.
        NotUnderstood
            If it answers nonsense.
        """
        url = self._base_url + path
        for tries_left in reversed(range(TRIES)):
            reply = await self._ask(url)
            if reply.status not in _BUSY:
                break
            wait_s = _asked_wait_s(reply.headers.get("retry-after", ""))
            if not tries_left or wait_s > LONGEST_WAIT_S:
                raise ConnectionError(
                    f"MusicBrainz is busy (status {reply.status}): try again in {max(1.0, wait_s):.0f} s"
                )
            self.free_at_s = max(self.free_at_s, time.monotonic() + wait_s)
        if reply.status == 404:
            return None
        if reply.status != 200:
            said = error_of(reply.body)
            raise ConnectionError(f"MusicBrainz answered with status {reply.status}" + (f": {said}" if said else ""))
        try:
            return read(reply.body)
        except NotUnderstood as error:
            raise NotUnderstood(f"MusicBrainz answered {url} in a way that isn't understood: {error}") from None

    async def _ask(self, url):
        wait_s = self.free_at_s - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        # Noted before it is asked: a request that fails counts, too.
        self.free_at_s = time.monotonic() + self.interval_s
        try:
            return await self._fetch(url, headers=self._headers, timeout_s=30.0)
        except PermissionError:
            raise  # which says how to grant it
        except OSError as error:
            raise ConnectionError(
                f"MusicBrainz can't be reached ({error}): check the connection, then try again"
            ) from error


def _asked_wait_s(header):
    """How long to wait, of ``Retry-After``: seconds or a date; two intervals if it says nothing that is understood."""
    header = header.strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 2 * INTERVAL_S

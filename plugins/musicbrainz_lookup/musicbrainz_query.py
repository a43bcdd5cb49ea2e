"""Queries: from what a person knows of a recording to an address of the web service."""

import re
from urllib.parse import quote, urlencode

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}\Z")

LOOKUP_INCLUDES = {
    "recording": ("artist-credits", "releases", "isrcs"),
    "artist": (),
    "release": ("artist-credits", "labels"),
}
FIELDS = {
    "recording": {"title": "recording", "artist": "artist", "release": "release", "isrc": "isrc"},
    "artist": {"artist": "artist"},
    "release": {"title": "release", "release": "release", "artist": "artist"},
}
"""What each parameter is called in the search index of each entity."""


def path_of(known):
    """Path and query of the request that answers what is known.

    Parameters
    ----------
    known : dict
        The plugin's parameters.

    Returns
    -------
    path : str
        To be put behind ``…/ws/2``.
    is_lookup : bool
        Whether one entity is asked for rather than searched.

    Raises
    ------
    ValueError
        If too little is known, or it is no MBID or ISRC.
    """
    entity = known["entity"]
    mbid = known["mbid"].strip().lower()
    if mbid:
        if not _MBID.match(mbid):
            raise ValueError(
                f"{known['mbid']!r} is no MBID: it has 36 characters, as in a page's address on musicbrainz.org"
            )
        asked = {"fmt": "json"}
        if LOOKUP_INCLUDES[entity]:
            asked = {"inc": "+".join(LOOKUP_INCLUDES[entity]), **asked}
        return f"/{entity}/{mbid}?{urlencode(asked, safe='+')}", True
    terms = []
    for name, field in FIELDS[entity].items():
        text = isrc_of(known[name]) if name == "isrc" else known[name].strip()
        if text:
            terms.append(f"{field}:{phrase(text)}")
    if not terms:
        names = " or ".join(["mbid", *FIELDS[entity]])
        raise ValueError(f"nothing to look for: give {names} for entity={entity}")
    asked = {"query": " AND ".join(terms), "limit": known["limit"], "fmt": "json"}
    return f"/{entity}?{urlencode(asked, quote_via=quote)}", False


def phrase(text):
    """Text as a phrase of the search syntax (Lucene's), in which nothing of it means anything but itself.

    >>> phrase('Take "Five" \\\\ AND')
    '"Take \\\\"Five\\\\" \\\\\\\\ AND"'
    """
    return '"' + " ".join(re.sub(r'(["\\])', r"\\\1", text).split()) + '"'


def isrc_of(text):
    """An ISRC without its hyphens; empty if nothing is given.

    >>> isrc_of("gb-ayE-68-01488")
    'GBAYE6801488'

    Raises
    ------
    ValueError
        If it is none.
    """
    isrc = re.sub(r"[\s-]", "", text).upper()
    if isrc and not _ISRC.match(isrc):
        raise ValueError(f"{text!r} is no ISRC: it has 12 characters, as GB-AYE-68-01488")
    return isrc

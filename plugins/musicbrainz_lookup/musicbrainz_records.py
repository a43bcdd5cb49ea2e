"""Records: what the service answers, taken apart without trusting that it has the shape that it should have.

What is missing or of another type is None or left out; an entity without an id is no entity. Texts and lists are cut.
"""

import json

MAX_BYTES = 8 * 1024 * 1024
MAX_TEXT = 500
MAX_RELEASES = 50

PLURALS = {"recording": "recordings", "artist": "artists", "release": "releases"}


class NotUnderstood(ValueError):
    """The service answered something that it shouldn't."""


def read(body):
    """The JSON object in a body.

    Raises
    ------
    NotUnderstood
        If there is none, or it is larger than 8 MB.
    """
    if len(body) > MAX_BYTES:
        raise NotUnderstood(f"it answered {len(body) >> 20} MB, at most {MAX_BYTES >> 20} are read")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        begin = body[:40].decode("utf-8", "replace")
        raise NotUnderstood(f"it answered no JSON, but {begin!r}…") from None
    if not isinstance(data, dict):
        raise NotUnderstood(f"it answered a {type(data).__name__}, not an object")
    return data


def matches(data, entity, *, is_lookup, site):
    """The entities of an answer, and how many there are in all.

    Parameters
    ----------
    data : dict
    entity : str
        recording, artist or release.
    is_lookup : bool
        Whether the answer is one entity.
    site : str
        What their pages' addresses begin with.

    Returns
    -------
    list of dict, int

    Raises
    ------
    NotUnderstood
        If it is no such answer.
    """
    if is_lookup:
        if _text(data, "id") is None:
            raise NotUnderstood("it answered an object without an id")
        return [_one({**data, "score": 100}, entity, site)], 1
    listed = data.get(PLURALS[entity])
    if not isinstance(listed, list):
        raise NotUnderstood(f"it answered an object without a list of {PLURALS[entity]}")
    found = [_one(item, entity, site) for item in listed if isinstance(item, dict) and _text(item, "id") is not None]
    count = _whole(data, "count")
    return found, len(found) if count is None else max(count, len(found))


def error_of(body):
    """What the service says went wrong, in its own words; empty if it says nothing."""
    try:
        return _text(read(body), "error") or ""
    except NotUnderstood:
        return ""


def _one(item, entity, site):
    mbid = _text(item, "id")
    record = {
        "mbid": mbid,
        "score": min(100, max(0, _whole(item, "score") or 0)),
        "title": _text(item, "name" if entity == "artist" else "title") or "",
        "disambiguation": _text(item, "disambiguation") or "",
        "url": f"{site}/{entity}/{mbid}",
    }
    return {**record, **_OWN[entity](item)}


def _recording(item):
    length_ms = _whole(item, "length")
    releases = [
        {
            "mbid": _text(release, "id"),
            "title": _text(release, "title") or "",
            "date": _text(release, "date"),
            "country": _text(release, "country"),
            "status": _text(release, "status"),
        }
        for release in _objects(item, "releases")[:MAX_RELEASES]
    ]
    isrcs = item.get("isrcs")
    return {
        "artist": _credit(item),
        "duration_s": None if length_ms is None else length_ms / 1000,
        "date": _text(item, "first-release-date"),
        "releases": releases,
        "isrcs": [isrc[:MAX_TEXT] for isrc in isrcs if isinstance(isrc, str)][:50] if isinstance(isrcs, list) else [],
    }


def _artist(item):
    life = item.get("life-span")
    life = life if isinstance(life, dict) else {}
    return {
        "sort_name": _text(item, "sort-name"),
        "type": _text(item, "type"),
        "country": _text(item, "country"),
        "begin": _text(life, "begin"),
        "end": _text(life, "end"),
    }


def _release(item):
    labels = []
    for info in _objects(item, "label-info")[:20]:
        label = info.get("label")
        name = _text(label, "name") if isinstance(label, dict) else None
        labels.append({"label": name, "catalog_number": _text(info, "catalog-number")})
    return {
        "artist": _credit(item),
        "date": _text(item, "date"),
        "country": _text(item, "country"),
        "status": _text(item, "status"),
        "barcode": _text(item, "barcode"),
        "labels": labels,
    }


_OWN = {"recording": _recording, "artist": _artist, "release": _release}


def _credit(item):
    """The artists as they are credited, with what stands between their names."""
    parts = []
    for credit in _objects(item, "artist-credit")[:50]:
        artist = credit.get("artist")
        name = _text(credit, "name") or (_text(artist, "name") if isinstance(artist, dict) else None) or ""
        parts.append(name + (_text(credit, "joinphrase") or ""))
    return "".join(parts)[:MAX_TEXT]


def _objects(item, key):
    listed = item.get(key)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(item, key):
    value = item.get(key)
    return value[:MAX_TEXT] if isinstance(value, str) and value else None


def _whole(item, key):
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None

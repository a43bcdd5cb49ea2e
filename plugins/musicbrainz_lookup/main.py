"""MusicBrainz Lookup: which recording, artist or release is meant, and what is known of it."""

import json
import time
from pathlib import Path

import musicbrainz_records as records
from musicbrainz_query import path_of
from musicbrainz_service import Service, interval_of

from schillinger_plugins.types import IntegrationPlugin

CLOSE = 10
"""A second match whose score is that near to the first one's leaves open which is meant."""


class MusicBrainzLookup(IntegrationPlugin):
    """Looks up metadata in MusicBrainz."""

    free_at_s = 0.0
    """When the next request may be made. Goes over to the next worker: the clock is the machine's."""

    async def initialize(self):
        """Wait before the first request, too: an instance that asked has perhaps ended just before this one began."""
        config = self.context.config
        self.free_at_s = time.monotonic() + interval_of(config["base_url"], config["interval_s"])
        return True

    async def execute(self, inputs, parameters):
        """Return the matches, the best first.

        Raises
        ------
        ValueError
            If nothing is given to look for, or it is no MBID or ISRC, or nobody to write to is configured.
        PermissionError
            If the host was not granted.
        ConnectionError
            If the service can't be reached, stays busy, or reports an error.
        """
        path, is_lookup = path_of(parameters)
        config = self.context.config
        service = Service(
            self.context.fetch,
            base_url=config["base_url"],
            contact=config["contact"],
            interval_s=config["interval_s"],
            free_at_s=self.free_at_s,
        )
        self.context.progress(0.1, message="asking MusicBrainz")
        try:
            data = await service.get(path)
        finally:
            self.free_at_s = service.free_at_s
        found, count = [], 0
        if data is not None:
            found, count = records.matches(data, parameters["entity"], is_lookup=is_lookup, site=service.site)
        found = [match for match in found if match["score"] >= parameters["min_score"]]
        found.sort(key=lambda match: (-match["score"], _distance_s(match, parameters["duration_s"])))
        best = found[0] if found else {}
        self.context.log.info("%d of %d matches", len(found), count)
        return {
            "matches": found,
            "best": best,
            "mbid": best.get("mbid"),
            "title": best.get("title"),
            "artist": best.get("artist"),
            "is_ambiguous": len(found) > 1 and found[0]["score"] - found[1]["score"] <= CLOSE,
            "count": count,
        }

    def get_node_definition(self):
        """The definition that stands in plugin.json, so that the two can't differ."""
        return json.loads(Path(__file__).with_name("plugin.json").read_text(encoding="utf-8"))["definition"]


def _distance_s(match, duration_s):
    """How far a match is from the duration that is known, in whole steps of two seconds, within which masters differ."""
    if not duration_s or match.get("duration_s") is None:
        return 0 if not duration_s else 10**6
    return abs(match["duration_s"] - duration_s) // 2

"""A service on this machine that answers as MusicBrainz does, with one and the same whatever is asked: to try it offline.

    python plugins/musicbrainz_lookup/tests/local_service.py

says where it listens and which two commands test the plugin with it, and serves until Ctrl-C. No pytest runs this file.
"""

import contextlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MBID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
KINDS = {
    "recording": {"id": MBID, "score": 100, "title": "Cheek to Cheek", "length": 355_000, "isrcs": ["USPR35600001"]},
    "artist": {"id": MBID, "score": 100, "name": "Ella Fitzgerald", "sort-name": "Fitzgerald, Ella", "type": "Person"},
    "release": {"id": MBID, "score": 100, "title": "Ella and Louis", "date": "1956-10", "country": "US"},
}
COMMANDS = (
    "schillinger grant musicbrainz_lookup network --host 127.0.0.1:{port} --yes",
    "schillinger test musicbrainz_lookup --config base_url=http://127.0.0.1:{port}/ws/2 --config interval_s=0 "
    "--config contact=me@example.org",
)


class Answer(BaseHTTPRequestHandler):
    """Of ``/ws/2/recording?…`` a list, of ``/ws/2/recording/MBID`` the one."""

    def do_GET(self):
        """Answer."""
        kind, _, mbid = urlsplit(self.path).path.removeprefix("/ws/2/").partition("/")
        found = KINDS.get(kind)
        if found is None:
            self.reply(404, {"error": "Not Found"})
        elif mbid:
            self.reply(200, found)
        else:
            self.reply(200, {"count": 1, "offset": 0, f"{kind}s": [found]})

    def reply(self, status, data):
        """Send it as JSON; whoever asked may have been interrupted meanwhile."""
        body = json.dumps(data).encode()
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format, *args):
        """Say nothing."""


def main():
    """Serve until somebody ends it."""
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Answer) as server:
        print("\n".join(command.format(port=server.server_port) for command in COMMANDS), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()

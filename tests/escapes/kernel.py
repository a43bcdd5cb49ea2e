"""The kernel as an attacker calls it: system calls by number, past every wrapper of the C library and of Python.

Owns the numbers and one function. Lies beside the attack both in the confined run and in the control run, so that the
same code is tried in both. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

_X86_64 = {
    "mmap": 9,
    "mprotect": 10,
    "rt_sigaction": 13,
    "ioctl": 16,
    "mremap": 25,
    "shmget": 29,
    "shmat": 30,
    "dup2": 33,
    "sendmsg": 46,
    "clone": 56,
    "fork": 57,
    "vfork": 58,
    "execve": 59,
    "kill": 62,
    "semget": 64,
    "msgget": 68,
    "fcntl": 72,
    "link": 86,
    "chmod": 90,
    "fchmod": 91,
    "chown": 92,
    "umask": 95,
    "ptrace": 101,
    "syslog": 103,
    "setpgid": 109,
    "rt_sigqueueinfo": 129,
    "utime": 132,
    "mknod": 133,
    "personality": 135,
    "setpriority": 141,
    "sched_setparam": 142,
    "sched_setscheduler": 144,
    "mlock": 149,
    "modify_ldt": 154,
    "pivot_root": 155,
    "prctl": 157,
    "arch_prctl": 158,
    "setrlimit": 160,
    "chroot": 161,
    "acct": 163,
    "settimeofday": 164,
    "mount": 165,
    "umount2": 166,
    "swapon": 167,
    "reboot": 169,
    "sethostname": 170,
    "iopl": 172,
    "ioperm": 173,
    "init_module": 175,
    "quotactl": 179,
    "setxattr": 188,
    "fsetxattr": 190,
    "tkill": 200,
    "io_setup": 206,
    "remap_file_pages": 216,
    "timer_create": 222,
    "exit": 60,
    "tgkill": 234,
    "utimes": 235,
    "mbind": 237,
    "mq_open": 240,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "ioprio_set": 251,
    "inotify_init": 253,
    "migrate_pages": 256,
    "mknodat": 259,
    "linkat": 265,
    "fchmodat": 268,
    "unshare": 272,
    "get_robust_list": 274,
    "splice": 275,
    "tee": 276,
    "vmsplice": 278,
    "move_pages": 279,
    "utimensat": 280,
    "signalfd": 282,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "prlimit64": 302,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "finit_module": 313,
    "sched_setattr": 314,
    "seccomp": 317,
    "memfd_create": 319,
    "bpf": 321,
    "execveat": 322,
    "userfaultfd": 323,
    "pkey_alloc": 330,
    "rt_tgsigqueueinfo": 297,
}
_EVERYWHERE = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "openat2": 437,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "landlock_restrict_self": 446,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "fchmodat2": 452,
    "map_shadow_stack": 453,
    "lsm_set_self_attr": 460,
    "setxattrat": 463,
    "open_tree_attr": 467,
}
NUMBERS = {**(_X86_64 if platform.machine() == "x86_64" else {}), **_EVERYWHERE}


def call(name: str | int, *arguments: object) -> int:
    """Make a system call.

    Raises
    ------
    OSError
        With what the kernel answered.
    """
    number = NUMBERS[name] if isinstance(name, str) else name
    packed = [ctypes.c_long(0 if a is None else a) if a is None or isinstance(a, int) else a for a in arguments]
    ctypes.set_errno(0)
    answer: int = libc.syscall(ctypes.c_long(number), *packed)
    if answer == -1:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return answer


def went_through(**attempts: object) -> str | None:
    """Make each attempt; name those that the kernel let through, or None if it refused them all."""
    through = []
    for name, attempt in attempts.items():
        try:
            answer = attempt()  # type: ignore[operator]  # whatever it is
        except (OSError, ValueError, LookupError):
            continue
        through.append(f"{name} went through: {answer!r:.100}")
    return "; ".join(through) or None

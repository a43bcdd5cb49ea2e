"""Call what only exploits call.

Attacks: the kernel.
How: userfaultfd, bpf, perf_event_open, keyctl, add_key, request_key, memfd_secret, modify_ldt, kexec, modules, acct,
swapon, reboot, syslog, iopl, ioperm, quotactl, lsm and time setting, each once with harmless arguments.
Source: the comments of Docker's default seccomp profile; CVE-2020-8835 (bpf), CVE-2016-0728 (keys), CVE-2013-2094
(perf).
Breach: any call gets past the filter (it answers anything but EPERM, ENOSYS or EACCES).
"""

import errno

from kernel import NUMBERS, call

GROUP, CONTROL = "kernel", True
_CALLS = {
    "userfaultfd": (1,),
    "bpf": (0, None, 0),
    "perf_event_open": (None, 0, -1, -1, 0),
    "keyctl": (0, -3, 0),
    "add_key": (None, None, None, 0, -3),
    "request_key": (None, None, None, -3),
    "memfd_secret": (0,),
    "modify_ldt": (0, None, 0),
    "kexec_load": (0, -1, None, 99),
    "init_module": (None, 0, None),
    "finit_module": (-1, None, 0),
    "acct": (b"/nowhere",),
    "swapon": (b"/nowhere", 0),
    "syslog": (10, None, 0),
    "iopl": (0,),
    "ioperm": (0, 0, 0),
    "quotactl": (0, None, 0, None),
    "quotactl_fd": (-1, 0, 0, None),
    "settimeofday": (None, None),
    "sethostname": (None, -1),
    "personality": (0xFFFFFFFF,),
    "mbind": (None, 0, 0, None, 0, 0),
    "move_pages": (0, 0, None, None, None, 0),
    "remap_file_pages": (None, 0, 0, 0, 0),
    "fanotify_init": (0xFFFF, 0),
    "pkey_alloc": (0, 0),
    "lsm_set_self_attr": (0, None, 0, 0),
    "reboot": (1, 2, 0, None),
    "vmsplice": (-1, None, 0, 0),
    "setrlimit": (7, None),
    "map_shadow_stack": (None, 0, 0),
    "timer_create": (99, None, None),
    "mlock": (None, 0),
    "signalfd": (-1, None, 8),
    "mq_open": (None, 0, 0, None),
}


def attack(outside):
    through = []
    for name, arguments in _CALLS.items():
        if name not in NUMBERS:
            continue
        try:
            through.append((name, call(name, *arguments)))
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
                through.append((name, errno.errorcode.get(error.errno)))
    return through or None

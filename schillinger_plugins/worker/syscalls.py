"""The seccomp filter: which system calls a worker may make.

Owns the list. Default deny with EPERM; what is here is what CPython, NumPy, SciPy, librosa and threads need, argument
by argument where the number alone would allow too much. Built once in the zygote through libseccomp.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import tempfile

OWN_PID = 0x7A5C_31D7
"""Stands for the worker's own process id in the compiled program; `confine` patches it after the fork."""

_ALWAYS = """ read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range open openat
stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents64 getcwd chdir fchdir dup dup2
dup3 pipe pipe2 flock fsync fdatasync ftruncate truncate fallocate fadvise64 readahead copy_file_range sendfile unlink
unlinkat rmdir rename renameat renameat2 symlink symlinkat statfs fstatfs munmap mprotect mremap madvise brk msync mincore
membarrier poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd2 timerfd_create
timerfd_settime timerfd_gettime recvmsg recvfrom sendto shutdown getsockname getpeername futex futex_waitv sched_yield
sched_getaffinity sched_getparam sched_getscheduler getcpu getpriority nanosleep clock_nanosleep clock_gettime
clock_getres gettimeofday time times getrusage setitimer getitimer alarm getrandom rseq set_robust_list set_tid_address
arch_prctl restart_syscall gettid getpid getppid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp
getpgid getsid uname sysinfo rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend
sigaltstack pause wait4 waitid getrlimit exit exit_group """.split()

_CLONE_THREAD = 0x0001_0000
_CLONE_SHARED = 0x0000_0100 | 0x0000_0200 | 0x0000_0400 | 0x0000_0800 | 0x0004_0000  # VM, FS, FILES, SIGHAND, SYSVSEM
_CLONE_NEW = 0x7E02_0080  # NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_CLONE_OTHERS = 0x0000_1000 | 0x0000_2000 | 0x0000_4000 | 0x0000_8000  # PIDFD, PTRACE, VFORK, PARENT
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_GROWSDOWN = 0x01, 0x20, 0x100
_SO_PROTOCOL, _SO_DOMAIN = 38, 39
_OWNER = 0o700
_PR_SET_NAME, _PR_GET_NAME, _PR_GET_DUMPABLE, _PR_SET_VMA = 15, 16, 3, 0x53564D41
_FIONREAD, _FIONBIO, _FIOCLEX, _FIONCLEX, _TCGETS, _TIOCGWINSZ = 0x541B, 0x5421, 0x5451, 0x5450, 0x5401, 0x5413
_SIGNIFICANT = 0xFFFF_FFFF  # the kernel looks at the low half of a 32-bit argument only, so must we


def build_filter() -> bytes:
    """Compile the filter for this machine's architecture.

    Returns
    -------
    bytes
        ``struct sock_filter`` records.

    Raises
    ------
    RuntimeError, ImportError, OSError
        Where libseccomp.so.2 is missing or too old.
    """
    import pyseccomp as seccomp

    program = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    # libseccomp's own answer to 32-bit and x32 entry points kills the thread only, and the others go on.
    program.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)

    def allow(name: str, *conditions: object) -> None:
        answer(seccomp.ALLOW, name, *conditions)

    def answer(action: int, name: str, *conditions: object) -> None:
        if seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0:  # negative: this architecture has no such call
            program.add_rule(action, name, *conditions)

    def masked(argument: int, mask: int, value: int) -> object:
        return seccomp.Arg(argument, seccomp.MASKED_EQ, mask, value)

    def exactly(argument: int, value: int) -> object:
        return masked(argument, _SIGNIFICANT, value)

    for name in _ALWAYS:
        allow(name)

    # Threads, never processes. EAGAIN is what a process limit answers, so programs say what they say there; glibc falls
    # back from clone3 (whose flags lie behind a pointer that a filter can't follow) to clone.
    # A thread shares all that threads share: with a descriptor table of its own it would have a second limit of open files.
    wanted = _CLONE_THREAD | _CLONE_SHARED
    allow("clone", masked(0, wanted | _CLONE_NEW | _CLONE_OTHERS, wanted))
    answer(seccomp.ERRNO(errno.EAGAIN), "clone", masked(0, _CLONE_THREAD, 0))
    answer(seccomp.ERRNO(errno.EAGAIN), "fork")
    answer(seccomp.ERRNO(errno.EAGAIN), "vfork")
    answer(seccomp.ERRNO(errno.ENOSYS), "clone3")

    # Signals to itself only.
    for name in ("kill", "tgkill"):
        allow(name, exactly(0, OWN_PID))

    # Shared anonymous memory would escape RLIMIT_DATA, and so would what the kernel takes for a stack.
    for flags in (0, _MAP_SHARED, _MAP_ANONYMOUS):
        allow("mmap", masked(3, _MAP_SHARED | _MAP_ANONYMOUS | _MAP_GROWSDOWN, flags))

    # A folder that its owner may not list could be neither measured nor removed by a host without privileges.
    allow("mkdir", masked(1, _OWNER, _OWNER))
    allow("mkdirat", masked(2, _OWNER, _OWNER))
    allow("umask", masked(0, _OWNER, 0))

    # A connected pair of stream sockets (asyncio wakes itself through one); datagram pairs can send to any address.
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        allow("socketpair", exactly(0, socket.AF_UNIX), masked(1, 0xF, kind))

    # What Python asks about a socket that it is given. No sendmsg: descriptors in an unread message would be held where
    # nobody counts them. No setsockopt: it reaches the compiler of packet filters.
    for option in (socket.SO_TYPE, socket.SO_ERROR, _SO_PROTOCOL, _SO_DOMAIN):
        allow("getsockopt", exactly(1, socket.SOL_SOCKET), exactly(2, option))

    for pid in (0, OWN_PID):
        allow("prlimit64", exactly(0, pid), seccomp.Arg(2, seccomp.EQ, 0))
    for option in (_PR_SET_NAME, _PR_GET_NAME, _PR_GET_DUMPABLE, _PR_SET_VMA):
        allow("prctl", exactly(0, option))
    for request in (_FIONREAD, _FIONBIO, _FIOCLEX, _FIONCLEX, _TCGETS, _TIOCGWINSZ):
        allow("ioctl", exactly(1, request))
    for command in (
        fcntl.F_DUPFD,
        fcntl.F_DUPFD_CLOEXEC,
        fcntl.F_GETFD,
        fcntl.F_SETFD,
        fcntl.F_GETFL,
        fcntl.F_SETFL,
        fcntl.F_GETLK,
        fcntl.F_SETLK,
        fcntl.F_SETLKW,
        fcntl.F_GET_SEALS,
    ):
        allow("fcntl", exactly(1, command))

    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0, os.SEEK_SET)
        return file.read()

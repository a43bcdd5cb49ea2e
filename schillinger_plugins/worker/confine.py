"""Confinement: what the kernel holds a worker to.

Owns the four layers (Landlock, seccomp, capabilities, resource limits). What takes long is prepared once in the zygote
(`prepare`); `Confinement.apply` is run in each forked worker before a line of the plugin and takes about a millisecond.
Refuses to run in a process with more than one thread, since Landlock and seccomp bind the calling thread and its
children only. Called by `zygote` and `boot`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import struct
from dataclasses import dataclass, field
from typing import Any

from .syscalls import OWN_PID, build_filter

_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522

_ADDRESSES_BYTES = 64 * 1024**3
"""Addresses that may be reserved with no memory behind them: the page tables of more would be memory themselves."""

_SIGNALS = 128
"""Signals queued for itself: they count per user, and a worker must not use up those of the user's other processes."""

_libc = ctypes.CDLL(None, use_errno=True)


class _SockFprog(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


@dataclass(frozen=True)
class Confinement:
    """What was prepared, and what this machine lacks.

    Attributes
    ----------
    landlock_abi : int
        0 where Landlock is missing. From 6 on signals and abstract sockets are scoped, too.
    filter : bytes
        The compiled seccomp program, empty where it is missing; `OWN_PID` in it stands for the worker's process id.
    missing : dict
        Each missing layer and the reason.
    """

    landlock_abi: int = 0
    filter: bytes = b""
    missing: dict[str, str] = field(default_factory=dict)
    _readable: tuple[tuple[int, bool], ...] = ()

    def apply(
        self,
        *,
        scratch: str,
        readable: list[str],
        writable: list[str],
        data_bytes: int,
        file_size_bytes: int,
        open_files: int,
    ) -> None:
        """Confine this process for good.

        Parameters
        ----------
        scratch : str
            A folder that stays writable.
        readable, writable : list of str
            Folders that stay readable beside the prepared ones, and writable beside `scratch`: what was granted.
        data_bytes : int
            Memory the process may map privately beyond what it has mapped now (``RLIMIT_DATA``: NumPy and lists get a clean
            MemoryError). Does not count shared or read-only mappings, nor the pages of files.
        file_size_bytes : int
            Length of any file it writes (``RLIMIT_FSIZE``).
        open_files : int
            Open descriptors (``RLIMIT_NOFILE``).
        """
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RuntimeError(f"confinement binds one thread, but this process has {threads}")
        _limit(data_bytes=data_bytes, file_size_bytes=file_size_bytes, open_files=open_files)
        _drop_capabilities()
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if self.landlock_abi:
            self._restrict_files(scratch, readable, writable)
        if self.filter:
            self._restrict_syscalls()

    def _restrict_files(self, scratch: str, readable: list[str], writable: list[str]) -> None:
        from py_landlock import abi, flags, landlock_sys

        version = abi.ABIVersion(min(self.landlock_abi, int(abi.MAX_KNOWN_ABI)))
        handled = abi.get_supported_fs(version)
        attributes = landlock_sys.RulesetAttr()
        attributes.handled_access_fs = handled
        attributes.handled_access_net = abi.get_supported_net(version)
        attributes.scoped = abi.get_supported_scope(version)
        ruleset = landlock_sys.create_ruleset(attributes)

        def allow(descriptor: int, access: flags.AccessFs) -> None:
            rule = landlock_sys.PathBeneathAttr()
            rule.parent_fd = descriptor
            rule.allowed_access = access & handled
            landlock_sys.add_rule(ruleset, rule)

        read_file, read_dir = flags.AccessFs.READ_FILE, flags.AccessFs.READ_DIR
        write = (
            flags.AccessFs.WRITE_FILE
            | flags.AccessFs.TRUNCATE
            | flags.AccessFs.MAKE_REG
            | flags.AccessFs.MAKE_DIR
            | flags.AccessFs.REMOVE_FILE
            | flags.AccessFs.REMOVE_DIR
            | flags.AccessFs.REFER
        )
        try:
            for descriptor, is_folder in self._readable:
                allow(descriptor, read_file | read_dir if is_folder else read_file)
            granted = [(path, read_file | read_dir) for path in readable]
            granted += [(path, read_file | read_dir | write) for path in writable]
            # No links in the user's folders: a program of theirs might follow one to where the plugin can't go.
            granted += [(scratch, read_file | read_dir | write | flags.AccessFs.MAKE_SYM)]
            for path, access in granted:
                descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY)
                try:
                    # A part of the path may have become a link since it was granted: then it leads to another folder.
                    if os.readlink(f"/proc/self/fd/{descriptor}") != path:
                        raise PermissionError(f"{path} leads elsewhere than when it was granted: grant it anew")
                    allow(descriptor, access)
                finally:
                    os.close(descriptor)
            landlock_sys.restrict_self(ruleset, None)
        finally:
            os.close(ruleset)

    def _restrict_syscalls(self) -> None:
        pid = os.getpid()
        program = b"".join(
            struct.pack("HBBI", code, jump_true, jump_false, pid if value == OWN_PID else value)
            for code, jump_true, jump_false, value in struct.iter_unpack("HBBI", self.filter)
        )
        buffer = ctypes.create_string_buffer(program, len(program))
        fprog = _SockFprog(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
        _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(fprog))


def prepare(readable: list[str]) -> Confinement:
    """Compile the filter and open the paths that every worker may read.

    Parameters
    ----------
    readable : list of str
        Files and folders; those that don't exist are left out.
    """
    missing: dict[str, str] = {}
    landlock_abi = 0
    try:
        from py_landlock import landlock_sys

        landlock_abi = int(landlock_sys.get_abi_version())
    except Exception as error:  # py_landlock raises its own tree, and ImportError where the wheel is missing
        missing["landlock"] = str(error)
    program = b""
    try:
        program = build_filter()
    except Exception as error:  # pyseccomp raises RuntimeError at import where libseccomp.so.2 is missing
        missing["seccomp"] = str(error)
    opened = []
    for path in readable:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                continue
            raise
        opened.append((descriptor, os.path.isdir(path)))
    return Confinement(landlock_abi, program, missing, tuple(opened))


def _limit(*, data_bytes: int, file_size_bytes: int, open_files: int) -> None:
    with open("/proc/self/statm", "rb") as statm:
        pages = statm.read().split()
        mapped, address_space = (int(pages[field]) * resource.getpagesize() for field in (5, 0))
    for which, value in (
        (resource.RLIMIT_DATA, mapped + data_bytes),
        (resource.RLIMIT_AS, address_space + data_bytes + _ADDRESSES_BYTES),
        (resource.RLIMIT_FSIZE, file_size_bytes),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CORE, 1),  # not 0, with which a core is still piped to a program where core_pattern names one
        (resource.RLIMIT_SIGPENDING, _SIGNALS),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))


def _drop_capabilities() -> None:
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    nothing = struct.pack("6I", 0, 0, 0, 0, 0, 0)
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    if _libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


def _prctl(option: int, *arguments: Any) -> None:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *padded):
        raise OSError(ctypes.get_errno(), f"prctl({option})")

"""Confines the running process: memory, files, processor time, network. Linux only."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import socket
import sys
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_OPEN_FILES = 512
_SPARE_CPU_SECONDS = 5


def limit_resources(*, memory_bytes: int, file_bytes: int) -> None:
    """Bounds memory, open files and file size for this process and those it starts, and forbids core dumps.

    Memory is bounded by ``RLIMIT_DATA``, which counts what can be written to.
    """
    # Not by RLIMIT_AS: address space also counts what is only reserved or mapped from files, so that text recognition
    # needs 1.5 GB of it, but 0.6 GB of data.
    for kind, limit in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bounded = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (bounded, bounded))


def allow_cpu(wall_seconds: float) -> None:
    """Allows as much more processor time as all cores give in ``wall_seconds``; then the kernel sends SIGXCPU.

    A child process counts from zero, so that it ends in time even when no process is left to kill it.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    cores = os.cpu_count() or 1
    soft = math.ceil(used.ru_utime + used.ru_stime + wall_seconds * cores) + _SPARE_CPU_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def leave_network() -> str:
    """Cuts this process off from every network. Returns how: ``network namespace`` or ``audit hook``.

    Must run before the first thread starts. The namespace also holds for all processes that are started later. If
    the kernel does not allow one, a hook in the interpreter refuses sockets, which stops neither native code nor
    other programs.
    """
    uid, gid = os.getuid(), os.getgid()
    if _libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        _keep_identity(uid, gid)
        return "network namespace"
    sys.addaudithook(refuse_sockets)
    return "audit hook"


def refuse_sockets(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook that refuses every socket except Unix sockets, and every name lookup.

    Raises:
        PermissionError: the event would use the network.
    """
    is_socket = event == "socket.__new__" and arguments[1] != socket.AF_UNIX
    if is_socket or event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        raise PermissionError("the parser process has no network")


def forbid_new_rights() -> None:
    """Stops programs started from here from gaining rights (setuid), and other processes from reading this memory."""
    _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def resident_bytes() -> int:
    """Returns the physical memory that this process uses now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _keep_identity(uid: int, gid: int) -> None:
    """Maps user and group to themselves, so that names and file owners stay the same."""
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")

"""Who holds a lease: a process, named so that others on its machine can tell whether it still lives."""

import os
import socket
from functools import lru_cache
from pathlib import Path

import psutil


def this_process() -> str:
    """The name of the process that asks."""
    return process_name(os.getpid())


def process_name(pid: int) -> str:
    """`machine|pid|start`: the start time tells a process from a later one with the same pid."""
    return f"{machine()}|{pid}|{_start_of(pid)}"


@lru_cache(maxsize=1)
def machine() -> str:
    """The host name and, on Linux, the boot and the pid namespace: containers and clones may share a name, never
    their pids.
    """
    return f"{socket.gethostname()}/{_boot_id()}{_pid_namespace()}"


def host_of(owner: str) -> str:
    """The host name of the machine that an owner's process runs on."""
    return owner.partition("|")[0].partition("/")[0]


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _pid_namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def is_surely_dead(owner: str) -> bool:
    """True only for a process of this machine that has ended; one elsewhere can't be seen from here."""
    return _is_of_this_machine(owner) and not _runs(owner)


def is_surely_alive(owner: str) -> bool:
    """True only for a process of this machine, since it was started last, that still runs."""
    return _is_of_this_machine(owner) and _runs(owner)


def _is_of_this_machine(owner: str) -> bool:
    return owner.partition("|")[0] == machine()


def _runs(owner: str) -> bool:
    _, pid, start = owner.split("|")
    return _start_of(int(pid)) == start


def _start_of(pid: int) -> str:
    """When the process started, "" when there is none; a zombie has ended."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return _start_ticks(pid) or f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""


def _start_ticks(pid: int) -> str:
    """Clock ticks from boot to start: unlike a time of day, it stays when somebody sets the clock. "" if unknown."""
    try:
        # The name, in brackets, may hold anything; the start is the 22nd field, the 20th after it.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
